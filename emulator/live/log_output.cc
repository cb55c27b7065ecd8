#include "emulator/live/log_output.h"

#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace lambdarium::live {
namespace {

constexpr std::size_t kHandOverBytes = 64u << 10;
constexpr std::size_t kWaitingBytesMax = 16u << 20;
constexpr int kColors[] = {36, 33, 35, 32, 34, 31};  // cyan, yellow, magenta, green, blue, red

struct Piece {
  std::string function;
  std::string text;
};

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written <= 0) return;  // a closed terminal is no reason to stop serving
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

struct LogOutput::Impl {
  explicit Impl(LogOutputOptions o) : options(std::move(o)) {
    if (!options.folder.empty()) {
      std::error_code ignored;  // opening the files tells
      std::filesystem::create_directories(options.folder, ignored);
    }
    thread = std::thread{[this] { run(); }};
  }
  ~Impl() {
    {
      const std::lock_guard lock{mutex};
      stopping = true;
    }
    changed.notify_one();
    thread.join();
    for (const auto& [name, file] : files) {
      if (file != nullptr) std::fclose(file);
    }
  }

  void run() {
    std::vector<Piece> batch;
    for (;;) {
      std::size_t lost = 0;
      {
        std::unique_lock lock{mutex};
        changed.wait(lock, [this] { return stopping || !waiting.empty(); });
        if (waiting.empty()) return;
        batch.swap(waiting);
        waiting_bytes = 0;
        lost = std::exchange(dropped, 0);
      }
      for (const Piece& piece : batch) output(piece);
      if (lost > 0) {
        write_all(STDERR_FILENO, fmt::format("lambdarium: {} bytes of function logs were dropped: "
                                             "the terminal or the disk is too slow\n",
                                             lost));
      }
      for (const auto& [name, file] : files) {
        if (file != nullptr) std::fflush(file);
      }
      batch.clear();
    }
  }

  void output(const Piece& piece) {
    if (std::FILE* file = file_of(piece.function)) {
      (void)std::fwrite(piece.text.data(), 1, piece.text.size(), file);
    }
    if (options.terminal) write_all(STDERR_FILENO, prefixed(piece));
  }

  std::FILE* file_of(const std::string& name) {
    if (options.folder.empty()) return nullptr;
    const auto [place, added] = files.try_emplace(name, nullptr);
    if (added) {
      const std::string path = options.folder + "/" + name + ".log";
      place->second = std::fopen(path.c_str(), "ae");
      if (place->second == nullptr) {
        const std::string why = std::error_code{errno, std::generic_category()}.message();
        write_all(STDERR_FILENO, fmt::format("lambdarium: cannot write {}: {}\n", path, why));
      }
    }
    return place->second;
  }

  std::string prefixed(const Piece& piece) {
    std::string out;
    const auto [place, added] = column.try_emplace(piece.function, column.size());
    const std::string prefix =
        options.color ? fmt::format("\x1b[{}m{}\x1b[0m ",
                                    kColors[place->second % std::size(kColors)], piece.function)
                      : piece.function + " ";
    std::string_view rest = piece.text;
    while (!rest.empty()) {
      const std::size_t end = rest.find('\n');
      out += prefix;
      out += rest.substr(0, end);
      out += '\n';
      rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
    return out;
  }

  LogOutputOptions options;
  std::string function;  // of what is being collected
  std::string collected;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<Piece> waiting;
  std::size_t waiting_bytes = 0;
  std::size_t dropped = 0;
  bool stopping = false;
  std::map<std::string, std::FILE*> files;    // the thread's
  std::map<std::string, std::size_t> column;  // the thread's: colour by order of appearance
  std::thread thread;
};

LogOutput::LogOutput(LogOutputOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}
LogOutput::~LogOutput() {
  flush();
}

void LogOutput::write(std::string_view function, std::string_view text) {
  if (impl_->function != function) {
    flush();
    impl_->function = function;
  }
  impl_->collected += text;
  if (impl_->collected.size() >= kHandOverBytes) flush();
}

void LogOutput::flush() {
  if (impl_->collected.empty()) return;
  Piece piece{impl_->function, std::exchange(impl_->collected, {})};
  {
    const std::lock_guard lock{impl_->mutex};
    if (impl_->waiting_bytes + piece.text.size() > kWaitingBytesMax) {
      impl_->dropped += piece.text.size();
      return;
    }
    impl_->waiting_bytes += piece.text.size();
    impl_->waiting.push_back(std::move(piece));
  }
  impl_->changed.notify_one();
}

}  // namespace lambdarium::live
