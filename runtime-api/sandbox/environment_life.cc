// How an environment begins and ends.

#include <unistd.h>

#include <csignal>
#include <utility>

#include <fmt/format.h>

#include "models/base/check.h"
#include "runtime-api/protocol/log_lines.h"
#include "runtime-api/sandbox/command.h"
#include "runtime-api/sandbox/environment_impl.h"

namespace lambdarium::sandbox {
namespace {

// How long the last output and the end of a process are waited for before a failure is reported
// without them.
constexpr Duration kLastWords = 1s;

http::ServerOptions listener_options() {
  http::ServerOptions options;
  options.header_bytes_max = http::kRuntimeApiHeaderBytesMax;
  // A response that is too large is read to its end, so that the runtime hears so and goes on.
  options.discard_bytes_max = std::size_t{1} << 30;
  options.require_host = false;
  options.date_header = false;
  // `next` is silent for hours, and a streaming handler may think between two pieces.
  options.idle_timeout = kForever;
  options.header_timeout = kForever;
  options.body_timeout = kForever;
  options.write_timeout = kForever;
  options.connections_max = 256;
  return options;
}

}  // namespace

std::string Failure::payload_for(std::string_view request_id) const {
  if (kind == Kind::kReported) return reported_payload;
  return runtime_api::platform_error_payload(error_type, request_id, message);
}

void Environment::Impl::start() {
  LAM_CHECK(phase_ == Phase::kNew, "an environment is started once");
  phase_ = Phase::kStarting;
  started_ = loop_.now();
  const Result<RuntimeName> runtime = parse_runtime(options_.function.runtime);
  if (!runtime.ok()) {
    return refuse_start("Runtime.InvalidTaskConfig", runtime.error().to_string());
  }
  server_ = std::make_unique<http::Server>(loop_, *this, listener_options());
  const Result<int> port = server_->listen("127.0.0.1", 0);
  if (!port.ok()) return refuse_start(runtime_api::kSandboxFailure, port.error().to_string());
  port_ = *port;
  if (tmp_directory_.empty()) {
    Result<std::string> folder = sandbox_.make_tmp_directory();
    if (!folder.ok()) {
      return refuse_start(runtime_api::kSandboxFailure, folder.error().to_string());
    }
    tmp_directory_ = *std::move(folder);
  }
  if (options_.log_stream.empty()) {
    const std::int64_t now_ns = loop_.unix_ns();
    options_.log_stream = runtime_api::log_stream_name(
        now_ns / 1'000'000, options_.version, fmt::format("{:016x}{:016x}", now_ns, port_));
  }
  init_timer_.set(options_.init_limit);
  sandbox_.resolve(*runtime, [this, alive = alive_](Result<Interpreter> found) {
    if (*alive && phase_ == Phase::kStarting) on_interpreter(std::move(found));
  });
}

void Environment::Impl::on_interpreter(Result<Interpreter> found) {
  if (!found.ok()) {
    return refuse_start(runtime_api::kInvalidEntrypoint, found.error().to_string());
  }
  spawn(*found, *parse_runtime(options_.function.runtime));
}

void Environment::Impl::spawn(const Interpreter& interpreter, const RuntimeName& runtime) {
  const CommandInputs inputs{.sandbox = sandbox_.options(),
                             .environment = options_,
                             .runtime = runtime,
                             .interpreter = interpreter,
                             .bootstrap_file = sandbox_.bootstrap_file(runtime.family),
                             .python_cache = sandbox_.python_cache(),
                             .tmp_directory = tmp_directory_,
                             .port = port_};
  std::vector<std::string> command;
  CommandFault fault;
  if (!build_command(inputs, command, fault)) {
    return refuse_start(fault.error_type, std::move(fault.message));
  }
  http::SpawnOptions spawn;
  spawn.file = sandbox_.options().launcher;
  spawn.args = {"--parent", std::to_string(getpid()), "--directory",
                options_.function.code_directory, "--"};
  spawn.args.insert(spawn.args.end(), command.begin(), command.end());
  spawn.env = build_variables(inputs);

  link_ = std::make_shared<Link>(Link{this, &sandbox_, nullptr});
  http::ProcessEvents events;
  events.on_exit = [link = link_](const http::ExitStatus& status) {
    if (link->owner != nullptr) {
      link->owner->on_exit(status);
    } else {
      link->sandbox->exhume(link->process);
    }
  };
  events.on_output = [link = link_](int, std::string_view bytes) {
    if (link->owner == nullptr || link->owner->phase_ == Phase::kOver) return;
    link->owner->listener_.on_log(link->owner->self_, bytes);
  };
  events.on_output_end = [link = link_](int) {
    if (link->owner == nullptr) return;
    --link->owner->open_outputs_;
    link->owner->report_if_ended();
  };
  Result<std::unique_ptr<http::ChildProcess>> process =
      http::ChildProcess::spawn(loop_, std::move(spawn), std::move(events));
  if (!process.ok()) {
    link_.reset();
    return refuse_start(runtime_api::kSandboxFailure, process.error().to_string());
  }
  process_ = *std::move(process);
  sandbox_.housekeeping().wake();
  link_->process = process_.get();
  open_outputs_ = 2;
}

// --- End ---

// Also for what goes wrong inside start(), from where nothing may be called back.
void Environment::Impl::refuse_start(std::string_view error_type, std::string message) {
  exited_ = true;
  loop_.defer([this, alive = alive_, type = std::string{error_type},
               message = std::move(message)]() mutable {
    if (!*alive) return;
    Failure failure;
    failure.kind = Failure::Kind::kRefused;
    failure.error_type = std::move(type);
    failure.message = std::move(message);
    fail(std::move(failure));
  });
}

void Environment::Impl::on_exit(const http::ExitStatus& status) {
  exited_ = true;
  if (phase_ == Phase::kEnding) return report_if_ended();
  Failure failure;
  failure.kind = Failure::Kind::kExited;
  failure.error_type = runtime_api::kExitError;
  failure.status = {status.code, status.signal};
  failure.message = runtime_api::describe_exit(failure.status);
  fail(std::move(failure));
}

void Environment::Impl::on_init_timeout() {
  if (phase_ != Phase::kStarting) return;
  Failure failure;
  failure.kind = Failure::Kind::kTimedOut;
  failure.error_type = runtime_api::kTimedOut;
  failure.message = runtime_api::describe_timeout(options_.init_limit);
  fail(std::move(failure));
}

// Keeps the first reason. What follows from it (a runtime that reports and then exits) is no news.
void Environment::Impl::fail(Failure failure) {
  if (!is_live()) return;
  was_ready_ = phase_ == Phase::kReady;
  phase_ = Phase::kEnding;
  init_timer_.clear();
  failure.elapsed = loop_.now() - started_;
  // A runtime that reported its failure is let end by itself: it may have something to say.
  if (failure.kind == Failure::Kind::kTimedOut && process_ != nullptr) {
    process_->kill(SIGTERM);
  }
  failure_ = std::move(failure);
  goodbye_timer_.set(kLastWords);
  report_if_ended();
}

void Environment::Impl::on_goodbye_timeout() {
  if (phase_ == Phase::kEnding) report();
}

void Environment::Impl::report_if_ended() {
  if (phase_ == Phase::kEnding && exited_ && open_outputs_ <= 0) report();
}

void Environment::Impl::report() {
  const Failure failure = *std::move(failure_);
  stop();
  if (was_ready_) {
    listener_.on_lost(self_, failure);
  } else {
    listener_.on_init_failed(self_, failure);
  }
}

void Environment::Impl::stop() {
  if (phase_ == Phase::kOver) return;
  phase_ = Phase::kOver;
  init_timer_.clear();
  goodbye_timer_.clear();
  server_.reset();  // before the responders, which would answer
  responders_.clear();
  if (link_ != nullptr) link_->owner = nullptr;
  sandbox_.bury(std::move(process_));
}

}  // namespace lambdarium::sandbox
