#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "emulator/simulated/report.h"

namespace lambdarium::simulated {
namespace {

using Out = std::back_insert_iterator<std::string>;

// Digits that matter, from nanoseconds to days.
std::string number(double value) {
  if (value == 0) return "0";
  if (value >= 1e5 || value < 1e-3) return fmt::format("{:.4g}", value);
  return fmt::format("{:.{}f}", value, value >= 100 ? 1 : value >= 1 ? 3 : 5);
}

std::string share(std::uint64_t part, std::uint64_t all) {
  if (all == 0) return {};
  return fmt::format(" ({:.3g} %)", 100.0 * static_cast<double>(part) / static_cast<double>(all));
}

void count_line(Out out, std::string_view label, std::uint64_t n, std::uint64_t all) {
  fmt::format_to(out, "  {:<14} {:>12}{}\n", label, n, share(n, all));
}

void summary_row(Out out, std::string_view label, const Summary& s) {
  fmt::format_to(out, "  {:<14} {:>10} {:>10} {:>10} {:>10} {:>10} {:>10} {:>10}\n", label,
                 number(s.mean), number(s.p50), number(s.p90), number(s.p95), number(s.p99),
                 number(s.p999), number(s.max));
}

void counts(Out out, const SimulationResult& r) {
  fmt::format_to(out, "invocations      {:>12}\n", r.invocations);
  count_line(out, "completed", r.completed, r.invocations);
  count_line(out, "throttled", r.throttled, r.invocations);
  count_line(out, "dropped", r.dropped, r.invocations);
  count_line(out, "timed out", r.timed_out, r.invocations);
  if (r.errors > 0) count_line(out, "errors", r.errors, r.invocations);
  count_line(out, "cold starts", r.cold_starts, r.invocations);
  for (std::size_t i = 1; i < kColdCauses; ++i) {
    if (r.cold_causes[i] == 0) continue;
    const std::string_view cause = fleet::to_string(static_cast<fleet::ColdCause>(i));
    count_line(out, fmt::format("  {}", cause), r.cold_causes[i], r.cold_starts);
  }
}

void environments(Out out, const SimulationResult& r) {
  const EnvironmentFigures& e = r.environments;
  fmt::format_to(out,
                 "\nenvironments      started {}, expired {}, evicted {}, lost {}, peak {}\n"
                 "  mean           {} in all, {} busy, {} idle; mean life {} s\n"
                 "memory GB·s      busy {}, idle {}\n",
                 e.started, e.expired, e.evicted, e.lost, e.peak, number(e.mean_total),
                 number(e.mean_busy), number(e.mean_idle), number(e.mean_life_s),
                 number(r.memory_gb_s_busy), number(r.memory_gb_s_idle));
  if (r.slo_target) {
    fmt::format_to(out, "objective        latency within {} s: {:.3f} %\n",
                   number(to_seconds(*r.slo_target)), 100 * r.slo_hit_ratio());
  }
}

void cost(Out out, const billing::Bill& bill) {
  fmt::format_to(out, "\ncost             {} {}\n", money(bill.total()), bill.currency);
  for (const billing::BillLine& line : bill.lines) {
    fmt::format_to(out, "  {:<38} {:>18} {:<10} × {:>16} = {:>18}\n", line.meter,
                   line.quantity.to_string(6), line.unit, line.unit_price.to_string(12),
                   line.amount.to_string(9));
  }
}

void functions(Out out, const SimulationResult& r, std::size_t limit) {
  if (r.functions.size() < 2 || limit == 0) return;
  std::vector<const FunctionResult*> order;
  for (const FunctionResult& f : r.functions) order.push_back(&f);
  std::stable_sort(order.begin(), order.end(),
                   [](const auto* a, const auto* b) { return a->invocations > b->invocations; });
  fmt::format_to(out, "\n  {:<32} {:>12} {:>10} {:>10} {:>10} {:>14}\n", "function", "invocations",
                 "cold", "p50 s", "p99 s", "cost");
  for (std::size_t i = 0; i < std::min(limit, order.size()); ++i) {
    const FunctionResult& f = *order[i];
    const bool is_long = f.name.size() > 32;
    fmt::format_to(out, "  {:<32} {:>12} {:>10} {:>10} {:>10} {:>14}\n",
                   is_long ? f.name.substr(0, 29) + "..." : f.name, f.invocations, f.cold_starts,
                   number(f.latency.p50), number(f.latency.p99), f.cost.to_fixed(9));
  }
  if (order.size() > limit) {
    fmt::format_to(out, "  and {} more functions\n", order.size() - limit);
  }
}

}  // namespace

std::string money(const billing::Decimal& amount) {
  constexpr std::size_t kDecimalsMin = 9;
  std::string text = amount.to_string(15);
  const std::size_t point = text.find('.');
  if (point == std::string::npos) return text + '.' + std::string(kDecimalsMin, '0');
  const std::size_t decimals = text.size() - point - 1;
  if (decimals < kDecimalsMin) text.append(kDecimalsMin - decimals, '0');
  return text;
}

std::string to_text(const SimulationResult& r, double wall_s, const TextOptions& options) {
  std::string text;
  const Out out{text};
  fmt::format_to(out, "simulation       seed {}, configuration {}\n", r.seed, r.config_hash);
  const double rate = wall_s > 0 ? static_cast<double>(r.simulated) / wall_s : 0;
  fmt::format_to(out, "time             {} s virtual in {} s ({} invocations/s)\n",
                 number(to_seconds(r.end)), number(wall_s), number(rate));
  if (r.warmup > Duration::zero()) {
    fmt::format_to(out, "warm-up          the first {} s are in no figure below\n",
                   number(to_seconds(r.warmup)));
  }
  counts(out, r);
  fmt::format_to(out, "\n  {:<14} {:>10} {:>10} {:>10} {:>10} {:>10} {:>10} {:>10}\n", "seconds",
                 "mean", "p50", "p90", "p95", "p99", "p99.9", "max");
  summary_row(out, "latency", r.latency);
  summary_row(out, "queue", r.queue);
  summary_row(out, "init", r.init);
  summary_row(out, "service", r.service);
  environments(out, r);
  cost(out, r.bill);
  functions(out, r, options.functions_max);
  if (options.choices) {
    fmt::format_to(out, "\nchoices\n");
    for (const std::string& choice : r.choices) fmt::format_to(out, "  {}\n", choice);
  }
  const std::string broken = traces::describe(r.trace);
  if (!broken.empty()) fmt::format_to(out, "\nnote: {}\n", broken);
  return text;
}

}  // namespace lambdarium::simulated
