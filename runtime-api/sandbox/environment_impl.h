// The parts of an Environment, for the files that implement it. Private to this folder.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime-api/http/process.h"
#include "runtime-api/http/server.h"
#include "runtime-api/http/timer.h"
#include "runtime-api/sandbox/environment.h"

namespace lambdarium::sandbox {

class Environment::Impl final : public http::Handler, public Housekeeping::Tenant {
 public:
  Impl(Environment& self, Sandbox& sandbox, EnvironmentOptions options, Listener& listener)
      : self_(self),
        sandbox_(sandbox),
        loop_(sandbox.loop()),
        options_(std::move(options)),
        listener_(listener),
        init_timer_(loop_, [this] { on_init_timeout(); }),
        goodbye_timer_(loop_, [this] { on_goodbye_timeout(); }) {
    if (options_.log_group.empty()) options_.log_group = options_.function.logging.group;
    if (options_.log_group.empty()) options_.log_group = "/aws/lambda/" + options_.function.name;
    tmp_directory_ = std::move(options_.tmp_directory);
    sandbox_.housekeeping().add(*this);
  }
  ~Impl() override {
    stop();
    *alive_ = false;
    sandbox_.housekeeping().remove(*this);
    sandbox_.remove_tmp_directory(std::move(tmp_directory_));
  }

  void start();
  void invoke(runtime_api::Invocation invocation);
  void stop();
  void pause_stream() { stream_flow_.pause(); }
  void resume_stream() { stream_flow_.resume(); }

  bool is_idle() const { return phase_ == Phase::kReady && protocol_.can_invoke(); }
  std::int64_t max_memory_mb() {
    if (is_live()) sample_memory();
    return (max_memory_bytes_ + (1 << 20) - 1) >> 20;
  }
  std::string take_tmp_directory() { return std::exchange(tmp_directory_, {}); }
  int port() const { return port_; }
  int pid() const { return process_ == nullptr ? 0 : process_->pid(); }
  const EnvironmentOptions& options() const { return options_; }

  // http::Handler
  http::BodyPlan plan(const HttpRequest& head) override;
  void handle(HttpRequest&& request, http::Responder responder) override;
  std::unique_ptr<http::BodySink> handle_streamed(HttpRequest&& head, http::Responder responder,
                                                  http::BodyFlow flow) override;
  void handle_truncated(HttpRequest&& partial, http::Responder responder) override;
  HttpResponse refuse(const http::Refusal& refusal, const HttpRequest* head) override;

  // Housekeeping::Tenant
  Housekeeping::Wish look_after() override;

 private:
  enum class Phase : std::uint8_t {
    kNew,
    kStarting,  // until the first `next`
    kReady,
    kEnding,  // failed; waiting for the last output
    kOver,
  };
  // Outlives the environment in the callbacks of its process.
  struct Link {
    Impl* owner = nullptr;
    Sandbox* sandbox = nullptr;
    const http::ChildProcess* process = nullptr;
  };

  class StreamSink;

  void on_stream_data(runtime_api::ExchangeId exchange, std::string_view piece);
  void on_stream_end(runtime_api::ExchangeId exchange, const HeaderList& trailers);
  void on_stream_lost(runtime_api::ExchangeId exchange);
  void on_interpreter(Result<Interpreter> found);
  void spawn(const Interpreter& interpreter, const RuntimeName& runtime);
  void on_exit(const http::ExitStatus& status);
  void on_init_timeout();
  void on_goodbye_timeout();
  void refuse_start(std::string_view error_type, std::string message);
  void fail(Failure failure);
  void report_if_ended();
  void report();
  void carry_out(std::vector<runtime_api::Effect>& effects);
  void answer(const runtime_api::Answer& answer);
  void park(runtime_api::ExchangeId exchange);
  void sample_memory();
  void enforce_memory_limit();
  void freeze();
  void thaw();
  bool is_live() const { return phase_ == Phase::kStarting || phase_ == Phase::kReady; }

  // Calls `step` with a scratch vector and carries out what it put there.
  template <class Step>
  void run(Step step) {
    std::vector<runtime_api::Effect> effects = std::move(scratch_);
    effects.clear();
    step(effects);
    const std::shared_ptr<bool> alive = alive_;
    carry_out(effects);
    if (*alive) scratch_ = std::move(effects);
  }

  Environment& self_;
  Sandbox& sandbox_;
  http::EventLoop& loop_;
  EnvironmentOptions options_;
  Listener& listener_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);

  Phase phase_ = Phase::kNew;
  bool was_ready_ = false;
  bool exited_ = false;
  int open_outputs_ = 0;
  std::optional<Failure> failure_;
  Time started_;
  Time memory_sampled_;
  int memory_samples_ = 0;
  std::int64_t max_memory_bytes_ = 0;
  bool seen_idle_ = false;   // when it was last looked after
  std::vector<int> frozen_;  // processes that are stopped
  int port_ = 0;
  std::string tmp_directory_;

  runtime_api::RuntimeProtocol protocol_;
  runtime_api::ExchangeId last_exchange_ = 0;
  std::vector<std::pair<runtime_api::ExchangeId, http::Responder>> responders_;
  std::vector<runtime_api::Effect> scratch_;
  http::BodyFlow stream_flow_;  // of the response that is streamed, or was last
  std::int64_t stream_bytes_ = 0;

  std::unique_ptr<http::Server> server_;
  std::unique_ptr<http::ChildProcess> process_;
  std::shared_ptr<Link> link_;
  http::CoarseTimeout init_timer_;
  http::CoarseTimeout goodbye_timer_;
};

}  // namespace lambdarium::sandbox
