// A concurrency limit and the requests that wait for it: the account's unreserved pool, or one
// function's reserved pool.

#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <queue>
#include <vector>

#include "emulator/fleet/environment.h"
#include "policies/admission/queue_policy.h"

namespace lambdarium::fleet {

class ConcurrencyPool {
 public:
  std::optional<std::int64_t> limit;
  std::int64_t in_flight = 0;

  bool full() const { return limit.has_value() && in_flight >= *limit; }
  // A limit of zero: whoever waited would wait for ever.
  bool closed() const { return limit.has_value() && *limit == 0; }
  std::int64_t queued() const { return queued_; }

  void push(const Waiting& waiting, std::int64_t key, Time give_up_at) {
    const std::uint64_t ticket = next_ticket_++;
    queue_.push({key, ticket, waiting});
    if (give_up_at != kNever) give_up_.push_back({give_up_at, ticket, waiting});
    alive_.push_back(true);
    ++queued_;
  }

  // The next request in the queue's order; null if there is none.
  const Waiting* peek() {
    while (!queue_.empty() && !is_alive(queue_.top().ticket)) queue_.pop();
    return queue_.empty() ? nullptr : &queue_.top().waiting;
  }

  // The same, taken out.
  std::optional<Waiting> pop() {
    while (!queue_.empty()) {
      const Queued head = queue_.top();
      queue_.pop();
      if (!take(head.ticket)) continue;
      return head.waiting;
    }
    return std::nullopt;
  }

  Time next_give_up() const { return give_up_.empty() ? kNever : give_up_.front().at; }

  // A request whose longest wait has passed, if any. One wait for all: they give up in the order of
  // arrival.
  std::optional<Waiting> pop_given_up(Time now) {
    while (!give_up_.empty() && give_up_.front().at <= now) {
      const GiveUp head = give_up_.front();
      give_up_.pop_front();
      if (take(head.ticket)) return head.waiting;
    }
    return std::nullopt;
  }

 private:
  struct Queued {
    std::int64_t key;
    std::uint64_t ticket;
    Waiting waiting;
    bool operator<(const Queued& other) const {  // std::priority_queue hands out the largest
      return key != other.key ? key > other.key : ticket > other.ticket;
    }
  };
  struct GiveUp {
    Time at;
    std::uint64_t ticket;
    Waiting waiting;
  };

  bool is_alive(std::uint64_t ticket) const {
    return ticket >= first_ticket_ && alive_[ticket - first_ticket_];
  }

  // Whether the ticket still waited; it does not any more.
  bool take(std::uint64_t ticket) {
    if (!is_alive(ticket)) return false;
    alive_[ticket - first_ticket_] = false;
    --queued_;
    while (!alive_.empty() && !alive_.front()) {
      alive_.pop_front();
      ++first_ticket_;
    }
    return true;
  }

  std::priority_queue<Queued> queue_;
  std::deque<GiveUp> give_up_;
  std::deque<bool> alive_;  // by ticket, from first_ticket_
  std::uint64_t first_ticket_ = 0;
  std::uint64_t next_ticket_ = 0;
  std::int64_t queued_ = 0;
};

}  // namespace lambdarium::fleet
