// A server on a free port with a handler that the test scripts, and a blocking client beside it.

#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "runtime-api/http/server.h"
#include "tests/support/raw_client.h"

namespace lambdarium::http {

inline constexpr Duration kPatience = 20s;

class ScriptedHandler final : public Handler {
 public:
  std::function<void(HttpRequest&&, Responder)> on_request = [](HttpRequest&& request,
                                                                Responder responder) {
    responder.send({200, {}, request.method + ' ' + request.target + ' ' + request.body});
  };
  std::function<std::unique_ptr<BodySink>(HttpRequest&&, Responder, BodyFlow)> on_stream;
  std::function<void(HttpRequest&&, Responder)> on_truncated;
  BodyPlan body_plan;
  std::vector<int> refusals;
  std::vector<std::string> refusal_reasons;

  BodyPlan plan(const HttpRequest&) override { return body_plan; }
  void handle(HttpRequest&& request, Responder responder) override {
    on_request(std::move(request), std::move(responder));
  }
  std::unique_ptr<BodySink> handle_streamed(HttpRequest&& head, Responder responder,
                                            BodyFlow flow) override {
    return on_stream(std::move(head), std::move(responder), std::move(flow));
  }
  void handle_truncated(HttpRequest&& partial, Responder responder) override {
    if (!on_truncated) return Handler::handle_truncated(std::move(partial), std::move(responder));
    on_truncated(std::move(partial), std::move(responder));
  }
  HttpResponse refuse(const Refusal& refusal, const HttpRequest*) override {
    refusals.push_back(refusal.status);
    refusal_reasons.emplace_back(refusal.why);
    return {refusal.status, {{"X-Refused", "yes"}}, std::string{refusal.why}};
  }
};

struct ServerFixture {
  EventLoop loop;
  ScriptedHandler handler;
  ServerOptions options;
  std::unique_ptr<Server> server;
  int port = 0;

  void start() {
    server = std::make_unique<Server>(loop, handler, options);
    auto listening = server->listen("127.0.0.1", 0);
    port = *listening;
  }

  // Runs the script on a thread of its own with a fresh connection, the loop meanwhile; gives its
  // result.
  std::string talk(std::function<std::string(testing::RawClient&)> script) {
    if (server == nullptr) start();
    std::atomic<bool> ended = false;
    std::string result;
    std::thread thread{[this, &script, &result, &ended] {
      testing::RawClient client{port};
      result = client.connected() ? script(client) : "not connected";
      ended = true;
      loop.post([] {});
    }};
    const bool in_time = loop.run_until([&ended] { return ended.load(); }, kPatience);
    thread.join();
    return in_time ? result : "(timeout) " + result;
  }
  // Sends the bytes, closes the sending side, and gives everything that comes.
  std::string exchange(std::string bytes, bool bytewise = false) {
    return talk([bytes = std::move(bytes), bytewise](testing::RawClient& client) {
      bytewise ? client.send_bytewise(bytes) : client.send(bytes);
      client.end_sending();
      return client.read_to_end();
    });
  }
  bool run_until(std::function<bool()> condition) {
    return loop.run_until(std::move(condition), kPatience);
  }
};

// Collects a streamed body and tells what it got.
class CollectingSink final : public BodySink {
 public:
  struct Log {
    std::string data;
    std::size_t pieces = 0;
    bool ended = false;
    HeaderList trailers;
    std::vector<BodyLoss> lost;
  };
  CollectingSink(Log& log, Responder responder) : log_(log), responder_(std::move(responder)) {}

  void on_data(std::string_view piece) override {
    log_.data.append(piece);
    ++log_.pieces;
  }
  void on_end(HeaderList&& trailers) override {
    log_.ended = true;
    log_.trailers = std::move(trailers);
    responder_.send({202, {}, "whole"});
  }
  void on_lost(BodyLoss why) override {
    log_.lost.push_back(why);
    responder_.send({400, {}, "lost"});
  }

 private:
  Log& log_;
  Responder responder_;
};

struct AnswersFixture : ServerFixture {
  CollectingSink::Log log;
  BodyFlow flow;

  void stream_bodies(std::size_t bytes_max = 1u << 30) {
    handler.body_plan = {BodyMode::kStreamed, bytes_max};
    handler.on_stream = [this](HttpRequest&&, Responder responder, BodyFlow valve) {
      flow = std::move(valve);
      return std::make_unique<CollectingSink>(log, std::move(responder));
    };
  }
};

inline int status_of(const std::string& response) {
  return response.starts_with("HTTP/1.1 ") ? std::stoi(response.substr(9, 3)) : 0;
}

inline std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

}  // namespace lambdarium::http
