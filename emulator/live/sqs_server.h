// The queue service on the AWS endpoint: requests of both protocols become operations of the
// queues.
//
// A change is answered once it is on disk. A receive that waits and whose client leaves takes no
// message.
//
// Thread: the loop's. On failure: the service's own errors.

#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/aws/sqs_message.h"
#include "emulator/live/queue_driver.h"
#include "models/base/random.h"
#include "runtime-api/http/responder.h"

namespace lambdarium::live {

class SqsServer {
 public:
  // `driver` outlives it.
  SqsServer(QueueDriver& driver, RandomStream ids) : driver_(driver), ids_(ids) {}
  ~SqsServer() { *alive_ = false; }
  SqsServer(const SqsServer&) = delete;
  SqsServer& operator=(const SqsServer&) = delete;

  // Requires: aws::sqs_encoding(request) is not kNone.
  void handle(HttpRequest&& request, http::Responder responder);

  // Answers the receives that wait, and lets none wait from now on.
  void stop();

 private:
  // A request on its way to its answer.
  struct Call {
    aws::SqsEncoding encoding = aws::SqsEncoding::kJson;
    aws::SqsRequest request;
    std::string request_id;
    std::string base_url;  // http://localhost:3001
    queues::QueueId queue = 0;
    http::Responder responder;
  };
  using CallPtr = std::shared_ptr<Call>;
  using Problem = std::optional<queues::QueueError>;

  void run(const CallPtr& call);
  Problem find_queue(Call& call) const;
  // sqs_server.cc
  void receive(const CallPtr& call);
  void received(Call& call, queues::Delivery&& delivery);
  Problem check_receive(const aws::SqsRequest& request) const;
  void send(const CallPtr& call);
  void send_batch(const CallPtr& call);
  queues::OrError<queues::StoredMessage> prepare(const Call& call, const aws::SqsEntry& entry);
  void change_messages(const CallPtr& call);
  Problem change_message(const Call& call, const aws::SqsEntry& entry, queues::Effects& effects);
  // sqs_queue_operations.cc
  void create_queue(const CallPtr& call);
  void list_queues(const CallPtr& call);
  void list_sources(const CallPtr& call);
  void page(const CallPtr& call, std::vector<std::string> names);
  void get_attributes(const CallPtr& call);
  void change_queue(const CallPtr& call);

  std::string url_of(const Call& call, std::string_view name) const;
  void finish(const CallPtr& call, queues::Effects effects, aws::SqsAnswer answer);
  static void answer(Call& call, const aws::SqsAnswer& answer);
  static void fail(Call& call, const queues::QueueError& error);
  static void answer_or_fail(Call& call, const Status& status, const aws::SqsAnswer& answer);

  QueueDriver& driver_;
  RandomStream ids_;
  std::map<queues::Ticket, CallPtr> waiting_;
  bool stopped_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace lambdarium::live
