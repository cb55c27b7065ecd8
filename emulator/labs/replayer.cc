#include "emulator/labs/replayer.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "models/base/check.h"
#include "models/base/encoding.h"
#include "runtime-api/http/client.h"
#include "runtime-api/http/timer.h"

namespace lambdarium::labs {
namespace {

constexpr std::size_t kBatch = 4096;
// Calls sent in one turn of the loop, so that answers are not kept waiting (nor their times
// falsified) by a long burst.
constexpr int kSentPerTurn = 64;

// The trace being read ahead. Shared with the pool's thread: work that is under way when the
// replayer is destroyed ends by itself.
struct Feed {
  std::unique_ptr<traces::TraceSource> source;
  std::optional<traces::Schedule> schedule;
  std::vector<traces::TimedCall> calls;  // the pool's while `reading`
  std::size_t count = 0;
  Status status;
  bool reading = false;
};

void read_batch(Feed& feed) {
  feed.calls.resize(kBatch);
  Result<std::size_t> count = feed.schedule->read(feed.calls);
  feed.count = count.ok() ? *count : 0;
  feed.status = count.ok() ? Status{} : Status{count.error()};
}

std::string excerpt(std::string_view body) {
  constexpr std::size_t kShown = 200;
  return body.size() <= kShown ? std::string{body} : std::string{body.substr(0, kShown)} + "…";
}

}  // namespace

std::string_view outcome_of(const HttpResponse& response) {
  if (response.status == 429) return "throttled";
  if (response.status == 504) return "timeout";
  if (response.status >= 500 || response.headers.contains("X-Amz-Function-Error")) {
    return "function-error";
  }
  return response.status >= 200 && response.status < 300 ? "ok" : "dropped";
}

class Replayer::Impl {
 public:
  Impl(http::EventLoop& loop, std::shared_ptr<Feed> feed, ReplayerOptions options)
      : loop_(loop),
        feed_(std::move(feed)),
        options_(std::move(options)),
        client_(loop),
        timer_(loop, [this](Time now) { on_due(now); }) {
    for (const TraceFunction& function : feed_->source->functions()) {
      std::string name;
      append_json_string(name, function.name);
      names_.push_back(std::move(name));
    }
    result_.functions.resize(names_.size());
    LAM_CHECK(options_.targets.size() == names_.size());
  }

  void start(Done done) {
    LAM_CHECK(!done_, "start() is for once");
    done_ = std::move(done);
    record_functions();
    read_ahead();
  }

  void stop() {
    if (finished_) return;
    result_.stopped = true;
    over_ = true;
    timer_.disarm();
    std::vector<Open> given_up;
    for (const auto& [number, open] : open_) given_up.push_back(open);
    std::sort(given_up.begin(), given_up.end(),
              [](const Open& a, const Open& b) { return a.call.number < b.call.number; });
    open_.clear();
    for (const Open& open : given_up) {
      client_.cancel(open.id);
      count(open.call, "dropped", "given up when the replay was stopped");
      record(open, "dropped", nullptr);
    }
    finish_soon();
  }

  const ReplayTally& tally() const { return result_.total; }
  std::uint64_t expected_calls() const {
    return std::min(feed_->source->expected_records(), options_.schedule.calls_max);
  }

 private:
  struct Open {
    traces::TimedCall call;
    std::size_t request_bytes = 0;
    http::Client::RequestId id = 0;
  };

  void read_ahead() {
    feed_->reading = true;
    loop_.queue_work([feed = feed_] { read_batch(*feed); },
                     [this, alive = std::weak_ptr<const char>(alive_)] {
                       if (!alive.expired()) on_batch();
                     });
  }

  void on_batch() {
    feed_->reading = false;
    if (over_) return;
    if (place_ == calls_.size()) take_batch();
  }

  // Swaps the batch that was read for the one that was sent, and has the next one read meanwhile.
  void take_batch() {
    if (!feed_->status.ok()) failure_ = feed_->status;
    if (feed_->count == 0) {
      over_ = true;
      finish_soon();
      return;
    }
    feed_->calls.resize(feed_->count);
    std::swap(calls_, feed_->calls);
    place_ = 0;
    if (!started_) {
      started_ = true;
      start_ = loop_.now();
    }
    read_ahead();
    timer_.arm(add_saturated(start_, calls_.front().due));
  }

  void on_due(Time) {
    for (int sent = 0; place_ < calls_.size(); ++sent) {
      const traces::TimedCall& call = calls_[place_];
      const Time due = add_saturated(start_, call.due);
      const Time now = loop_.now();
      if (now < due || sent == kSentPerTurn) {
        timer_.arm(due);
        return;
      }
      ++place_;
      send(call, now - due);
    }
    if (!feed_->reading && !over_) take_batch();
  }

  void send(const traces::TimedCall& call, Duration lag) {
    const ReplayTarget& target = options_.targets[call.function];
    http::ClientRequest request;
    request.host = target.host;
    request.port = target.port;
    request.timeout = options_.timeout;
    request.message.method = "POST";
    request.message.target = target.path;
    request.message.headers.add("Content-Type", "application/json");
    request.message.body = fmt::format(R"({{"sleep_ms": {}, "function": {}}})", to_ms(call.work),
                                       names_[call.function]);
    const std::size_t bytes = request.message.body.size();
    ++result_.total.sent;
    ++result_.functions[call.function].sent;
    result_.lag.add(lag);
    const std::uint64_t number = call.number;
    // The callback never comes from inside request(), so the call is in the table before its
    // answer.
    const auto id = client_.request(
        std::move(request),
        [this, number](Result<HttpResponse> answer) { on_answer(number, std::move(answer)); });
    open_.emplace(number, Open{call, bytes, id});
  }

  void on_answer(std::uint64_t number, Result<HttpResponse> response) {
    const auto found = open_.find(number);
    LAM_CHECK(found != open_.end());
    const Open open = found->second;
    open_.erase(found);
    if (!response.ok()) {
      count(open.call, "dropped", response.error().to_string());
      record(open, "dropped", nullptr);
    } else {
      const std::string_view outcome = outcome_of(*response);
      if (outcome == "ok") {
        result_.latency.add(loop_.now() - add_saturated(start_, open.call.due));
        count(open.call, outcome, {});
      } else {
        count(open.call, outcome,
              fmt::format("status {}: {}", response->status, excerpt(response->body)));
      }
      record(open, outcome, &*response);
    }
    finish_soon();
  }

  void count(const traces::TimedCall& call, std::string_view outcome, std::string why) {
    for (ReplayTally* tally : {&result_.total, &result_.functions[call.function]}) {
      if (outcome == "ok") {
        ++tally->completed;
      } else if (outcome == "throttled") {
        ++tally->throttled;
      } else if (outcome == "dropped") {
        ++tally->errors;
      } else {
        ++tally->function_errors;
      }
    }
    const bool failed = outcome != "ok" && outcome != "throttled";
    if (failed && result_.first_error.empty()) result_.first_error = std::move(why);
  }

  void record_functions() {
    if (options_.sink == nullptr) return;
    const std::vector<TraceFunction>& functions = feed_->source->functions();
    for (std::size_t i = 0; i < functions.size(); ++i) {
      FunctionRecord record;
      record.id = static_cast<std::int64_t>(i);
      record.name = functions[i].name;
      record.memory_mb = functions[i].memory_mb;
      options_.sink->function(record);
    }
  }

  void record(const Open& open, std::string_view outcome, const HttpResponse* response) {
    if (options_.sink == nullptr) return;
    InvocationRecord record;
    const std::string* id =
        response == nullptr ? nullptr : response->headers.find("x-amzn-RequestId");
    record.id = id != nullptr ? *id : std::to_string(open.call.number);
    record.function = open.call.function;
    record.arrival_ns = open.call.due.count();
    record.duration_ns = (loop_.now() - add_saturated(start_, open.call.due)).count();
    record.outcome = outcome;
    record.route = options_.targets[open.call.function].path;
    record.request_bytes = static_cast<std::int64_t>(open.request_bytes);
    if (response != nullptr) {
      record.response_bytes = static_cast<std::int64_t>(response->body.size());
    }
    options_.sink->invocation(record);
  }

  void finish_soon() {
    if (!over_ || !open_.empty() || finished_) return;
    finished_ = true;
    if (started_) result_.wall = loop_.now() - start_;
    loop_.defer([this, alive = std::weak_ptr<const char>(alive_)] {
      if (alive.expired()) return;
      Done done = std::move(done_);
      if (!failure_.ok()) {
        done(failure_.error());
      } else {
        done(std::move(result_));
      }
    });
  }

  http::EventLoop& loop_;
  std::shared_ptr<Feed> feed_;
  ReplayerOptions options_;
  std::vector<std::string> names_;  // as JSON strings
  http::Client client_;
  http::DeadlineTimer timer_;
  Done done_;
  std::shared_ptr<const char> alive_ = std::make_shared<const char>('\0');

  std::vector<traces::TimedCall> calls_;
  std::size_t place_ = 0;
  bool started_ = false;
  bool over_ = false;      // nothing more will be sent
  bool finished_ = false;  // `done` was called or is about to be
  Time start_{};
  std::unordered_map<std::uint64_t, Open> open_;  // by number
  ReplayResult result_;
  Status failure_;
};

Replayer::Replayer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Replayer::~Replayer() = default;

Result<std::unique_ptr<Replayer>> Replayer::create(http::EventLoop& loop,
                                                   std::unique_ptr<traces::TraceSource> source,
                                                   ReplayerOptions options) {
  auto feed = std::make_shared<Feed>();
  LAM_TRY(feed->schedule, traces::Schedule::make(*source, options.schedule));
  feed->source = std::move(source);
  return std::unique_ptr<Replayer>{
      new Replayer{std::make_unique<Impl>(loop, std::move(feed), std::move(options))}};
}

void Replayer::start(Done done) {
  impl_->start(std::move(done));
}
void Replayer::stop() {
  impl_->stop();
}
const ReplayTally& Replayer::tally() const {
  return impl_->tally();
}
std::uint64_t Replayer::expected_calls() const {
  return impl_->expected_calls();
}

}  // namespace lambdarium::labs
