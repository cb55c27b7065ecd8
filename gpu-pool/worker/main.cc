// lambdarium-worker: one model on one device. This is the program that the pool runs in a process
// of its own, and the only one that may be linked with CUDA.

#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <optional>
#include <string_view>

#include "gpu-pool/core/device_info.h"
#include "gpu-pool/worker/gemm_check.h"
#include "gpu-pool/worker/probe.h"

namespace lambdarium::gpu_pool {
namespace {

// Exit codes, those of the main program.
constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kWrongInput = 2;

// Three matrices of this size are 3 GiB; a mistyped size must not take the machine's memory.
constexpr std::size_t kGemmSizeMax = 16'384;

constexpr std::string_view kUsage =
    "lambdarium-worker: computes for the GPU pool\n"
    "\n"
    "  --probe              print the devices of this machine as one JSON object\n"
    "  --gemm N             multiply N x N matrices (1 to 16384) for about half a second, check\n"
    "                       the product against plain loops, and print the rate as JSON\n"
    "  --device DEVICE      device for --gemm: auto, cpu, cuda:0, ... (default: auto, which is\n"
    "                       the first CUDA device, else the CPU)\n"
    "  --help               print this text\n"
    "\n"
    "Exit codes: 0 done, 1 the run failed, 2 the arguments were wrong.\n";

struct Options {
  bool probe = false;
  bool help = false;
  std::optional<std::size_t> gemm;
  std::string_view device = "auto";
};

Result<std::size_t> parse_size(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value == 0 ||
      value > kGemmSizeMax) {
    return invalid_input(
        fmt::format("--gemm takes a whole number from 1 to {}, not '{}'", kGemmSizeMax, text));
  }
  return value;
}

Result<Options> parse_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--probe") {
      options.probe = true;
    } else if (argument == "--help") {
      options.help = true;
    } else if (argument == "--gemm" || argument == "--device") {
      if (++i == argc) return invalid_input(fmt::format("{} needs a value", argument));
      if (argument == "--device") {
        options.device = argv[i];
      } else {
        LAM_TRY(options.gemm, parse_size(argv[i]));
      }
    } else {
      return invalid_input(fmt::format("unknown argument '{}'; see --help", argument));
    }
  }
  const int chosen = int{options.probe} + int{options.help} + int{options.gemm.has_value()};
  if (chosen != 1) return invalid_input("give one of --probe, --gemm N, --help");
  return options;
}

Result<int> run_gemm(const Options& options) {
  LAM_TRY(const auto backend, make_backend(options.device));
  LAM_TRY(const GemmResult result, measure_gemm(*backend, *options.gemm, 500ms));
  fmt::print(R"({{"backend": "{}", "n": {}, "repetitions": {}, "seconds_each": {:.3e}, )"
             R"("gflops": {:.2f}, "rows_checked": {}, "max_error": {:.3e}, "tolerance": {:.3e}, )"
             R"("correct": {}}})"
             "\n",
             backend->name(), result.n, result.repetitions, result.seconds_each, result.gflops,
             result.rows_checked, result.max_error, result.tolerance, result.correct());
  return result.correct() ? kDone : kFailed;
}

int report(const Error& error) {
  fmt::print(stderr, "lambdarium-worker: {}\n", error.to_string());
  return error.code == ErrorCode::kInvalidInput ? kWrongInput : kFailed;
}

int run(int argc, char** argv) {
  const Result<Options> options = parse_options(argc, argv);
  if (!options.ok()) return report(options.error());
  if (options->help) {
    fmt::print("{}", kUsage);
    return kDone;
  }
  if (options->probe) {
    fmt::print("{}\n", to_json(probe_this_machine()));
    return kDone;
  }
  const Result<int> code = run_gemm(*options);
  return code.ok() ? *code : report(code.error());
}

}  // namespace
}  // namespace lambdarium::gpu_pool

int main(int argc, char** argv) {
  return lambdarium::gpu_pool::run(argc, argv);
}
