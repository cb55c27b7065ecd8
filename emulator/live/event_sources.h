// The event source mappings: the operations of the Lambda API on them, and their pollers.
//
// Mappings made through the API survive the program; a template's are made at each start.
//
// Owns: the pollers. Thread: the loop's. On failure: AWS's error answers.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/aws/event_source_mapping.h"
#include "emulator/aws/function_registry.h"
#include "emulator/aws/operation.h"
#include "emulator/live/event_source_poller.h"
#include "models/base/random.h"
#include "runtime-api/http/responder.h"

namespace lambdarium::live {

class EventSources {
 public:
  // All of them outlive it.
  EventSources(const EventSourcePoller::Surroundings& around, const aws::FunctionRegistry& registry,
               RandomStream ids);
  ~EventSources();
  EventSources(const EventSources&) = delete;
  EventSources& operator=(const EventSources&) = delete;

  // Whether it is this object that answers the operation.
  static bool serves(const aws::RoutedRequest& routed);
  void handle(const aws::RoutedRequest& routed, const HttpRequest& request,
              http::Responder responder);

  // Begins with what was stored. A mapping that a template declares comes before a stored one of
  // the same queue and function.
  void start();
  // All that the template declares; those of an earlier one that are not among them go.
  void set_template(std::vector<aws::EventSourceMapping> mappings);
  // Takes no more messages.
  void stop();

 private:
  struct Mapping {
    aws::EventSourceMapping settings;
    bool of_template = false;
    std::shared_ptr<EventSourcePoller> poller;  // null while it is disabled
  };
  using Problem = std::optional<aws::AwsError>;

  void create(const HttpRequest& request, http::Responder responder);
  void update(const std::string& uuid, const HttpRequest& request, http::Responder responder);
  void remove(const std::string& uuid, http::Responder responder);
  void list(const HttpRequest& request, http::Responder responder);
  Problem set_function(aws::EventSourceMapping& mapping, const std::string& text,
                       const HttpRequest& request) const;
  Problem check(const aws::EventSourceMapping& mapping) const;
  // Replaces the poller by one of the new settings.
  void put(aws::EventSourceMapping settings, bool of_template);
  void store(const aws::EventSourceMapping& settings, std::string_view state,
             http::Responder responder);
  void poll_all();
  void answer(int status, std::string body, http::Responder responder);
  void fail(const aws::AwsError& error, http::Responder responder);
  std::int64_t unix_ms() const;

  EventSourcePoller::Surroundings around_;
  const aws::FunctionRegistry& registry_;
  RandomStream ids_;
  std::map<std::string, Mapping, std::less<>> mappings_;  // by UUID
  bool stopped_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace lambdarium::live
