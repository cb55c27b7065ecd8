#include "emulator/labs/served_emulator.h"

#include <unistd.h>

#include <csignal>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "emulator/labs/replay_target.h"

namespace lambdarium::labs {
namespace {

constexpr Duration kReadyLimit = 20s;
constexpr Duration kAnswerLimit = 60s;
constexpr Duration kStopLimit = 10s;

std::vector<std::string> own_environment() {
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) environment.emplace_back(*entry);
  return environment;
}

}  // namespace

Result<std::unique_ptr<ServedEmulator>> ServedEmulator::start(http::EventLoop& loop,
                                                              ServeArguments serve) {
  auto served = std::unique_ptr<ServedEmulator>{new ServedEmulator{loop}};
  http::SpawnOptions spawn;
  spawn.file = serve.program;
  spawn.args = {"serve", "--http-port", "0", "--api-port", "0", "--gpu-port", "0", "--json"};
  spawn.args.insert(spawn.args.end(), serve.args.begin(), serve.args.end());
  spawn.env = own_environment();
  http::ProcessEvents events;
  events.on_exit = [raw = served.get()](const http::ExitStatus& status) {
    raw->ended_ = true;
    raw->exit_ = status;
  };
  events.on_output = [raw = served.get()](int fd, std::string_view bytes) {
    std::string& into = fd == STDOUT_FILENO ? raw->out_ : raw->err_;
    into += bytes;
    constexpr std::size_t kKept = 64u << 10;
    if (into.size() > 2 * kKept) into.erase(0, into.size() - kKept);
  };
  LAM_TRY(served->process_, http::ChildProcess::spawn(loop, std::move(spawn), std::move(events)));
  LAM_TRY_STATUS(served->wait_until_ready());
  return served;
}

ServedEmulator::~ServedEmulator() = default;

Status ServedEmulator::wait_until_ready() {
  loop_.run_until([this] { return ended_ || out_.find('\n') != std::string::npos; }, kReadyLimit);
  const auto ready = nlohmann::json::parse(out_.substr(0, out_.find('\n')), nullptr, false);
  if (!ready.is_object() || !ready.contains("http") || !ready.contains("api")) {
    return unavailable(fmt::format("the emulator did not start: {}", err_.empty() ? out_ : err_));
  }
  http_url_ = ready["http"].get<std::string>();
  api_url_ = ready["api"].get<std::string>();
  return {};
}

Result<HttpResponse> ServedEmulator::call(const std::string& url, HttpRequest request) {
  LAM_TRY(ReplayTarget target, parse_http_url(url));
  http::ClientRequest sent;
  sent.host = target.host;
  sent.port = target.port;
  sent.message = std::move(request);
  if (sent.message.target.empty()) sent.message.target = target.path;
  sent.timeout = kAnswerLimit;
  std::optional<Result<HttpResponse>> answer;
  client_.request(std::move(sent),
                  [&answer](Result<HttpResponse> result) { answer.emplace(std::move(result)); });
  loop_.run_until([&answer, this] { return answer.has_value() || ended_; }, kAnswerLimit + 1s);
  if (!answer) return unavailable(fmt::format("no answer from {}: {}", url, err_));
  return *std::move(answer);
}

Status ServedEmulator::stop() {
  process_->kill(SIGINT);
  loop_.run_until([this] { return ended_; }, kStopLimit);
  if (!ended_) return unavailable("the emulator did not end after an interrupt");
  if (exit_.code != 0 || exit_.signal != 0) {
    return unavailable(
        fmt::format("the emulator ended with {} (signal {}): {}", exit_.code, exit_.signal, err_));
  }
  return {};
}

}  // namespace lambdarium::labs
