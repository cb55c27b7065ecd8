#include "emulator/live/destination_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace lambdarium::live {
namespace {

// Appends to the file and waits for the disk. What went wrong, or nothing.
std::string append_durably(const std::filesystem::path& file, std::string_view text) {
  const auto problem = [&file] {
    return fmt::format("{}: {}", file.string(), std::generic_category().message(errno));
  };
  const int fd = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return problem();
  const off_t end = ::lseek(fd, 0, SEEK_END);
  std::string wrong;
  while (!text.empty() && wrong.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      wrong = problem();
    }
  }
  if (wrong.empty() && ::fdatasync(fd) != 0) wrong = problem();
  // Half a line would spoil the next one.
  if (!wrong.empty() && end >= 0) (void)!::ftruncate(fd, end);
  ::close(fd);
  return wrong;
}

}  // namespace

void DestinationFiles::append(std::string name, std::string line, UniqueFunction<void(bool)> done) {
  // Line breaks are white space in JSON, wherever they may stand unescaped.
  for (char& c : line) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  line += '\n';
  lines_.push_back({std::move(name), std::move(line), std::move(done), {}});
  if (!writing_) write_next();
}

void DestinationFiles::write_next() {
  writing_ = true;
  const auto lines = std::make_shared<std::vector<Line>>(std::exchange(lines_, {}));
  loop_.queue_work(
      [lines, folder = folder_] {
        std::error_code code;
        std::filesystem::create_directories(folder, code);  // open() says what is wrong with it
        std::map<std::string, std::string> texts;
        for (const Line& line : *lines) texts[line.name] += line.text;
        std::map<std::string, std::string> problems;
        for (const auto& [name, text] : texts) {
          problems[name] = append_durably(folder / (name + ".jsonl"), text);
        }
        for (Line& line : *lines) line.problem = problems[line.name];
      },
      [this, lines, alive = alive_] {
        if (!*alive) return;
        writing_ = false;
        if (!lines_.empty()) write_next();
        for (Line& line : *lines) {
          if (!line.problem.empty()) {
            log_.error("destination-not-written", {{"why", line.problem}});
          }
          line.done(line.problem.empty());
          if (!*alive) return;
        }
      });
}

}  // namespace lambdarium::live
