// Queues and event source mappings of the emulator, put together: the queues on disk, the service
// that SDKs talk to, and the pollers that invoke functions.
//
// Owns all of it. Thread: the loop's. On failure: open() says what is wrong with the database.

#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "emulator/aws/function_registry.h"
#include "emulator/live/async_invocations.h"
#include "emulator/live/event_sources.h"
#include "emulator/live/fleet_driver.h"
#include "emulator/live/queue_driver.h"
#include "emulator/live/service_front.h"
#include "emulator/live/sqs_server.h"
#include "models/base/random.h"
#include "models/domain/queue.h"

namespace lambdarium::live {

struct QueueServicesOptions {
  std::filesystem::path data_folder;
  std::uint64_t seed = 1;
  LogSink* log = nullptr;  // never null
};

class QueueServices final {
 public:
  // All of them outlive it. `functions` says what a name and qualifier run.
  static Result<std::unique_ptr<QueueServices>> open(http::EventLoop& loop, FleetDriver& fleet,
                                                     AsyncFunctions& functions,
                                                     const aws::FunctionRegistry& registry,
                                                     const QueueServicesOptions& options);
  ~QueueServices();
  QueueServices(const QueueServices&) = delete;
  QueueServices& operator=(const QueueServices&) = delete;

  // The endpoint with the queues' services before Lambda's. `lambda` outlives it. Once.
  http::Handler& front(http::Handler& lambda);

  // What a template declares: queues that are not there are made, those that are get its settings.
  // The error names the queue and what is wrong with it.
  // May be called again, when the template has changed; queues that it has no more stay.
  Status set_template(const std::vector<QueueDefinition>& definitions,
                      const std::vector<EventSourceDefinition>& sources);
  // Begins to invoke functions, once they are there.
  void start();
  // Lets no request wait, and takes no more messages.
  void stop();
  // Stores what is on its way to the disk. Blocks on it.
  Status close();

  // For who sends messages by himself, such as destinations.
  QueueDriver& driver() { return *driver_; }

 private:
  QueueServices(http::EventLoop& loop, FleetDriver& fleet, AsyncFunctions& functions,
                const aws::FunctionRegistry& registry, const QueueServicesOptions& options);
  bool invoke(const aws::FunctionName& function, std::string payload,
              UniqueFunction<void(Completion&&)> done);

  http::EventLoop& loop_;
  FleetDriver& fleet_;
  AsyncFunctions& functions_;
  const aws::FunctionRegistry& registry_;
  RandomStream ids_;
  std::unique_ptr<QueueDriver> driver_;
  std::unique_ptr<SqsServer> sqs_;
  std::unique_ptr<EventSources> sources_;
  std::unique_ptr<ServiceFront> front_;
};

}  // namespace lambdarium::live
