// lambdarium-launcher: starts one program and sees to it that nothing of it is left behind.
//
//   emulator ── launcher (waits) ── handler ── whatever the handler starts
//
// The launcher stays as the handler's parent for two reasons. It is the reaper of all its
// descendants, so that a process which moved to a session of its own and lost its parent becomes
// the launcher's child instead of init's. And the kernel tells it when the emulator dies, by
// whatever signal: then, and on any of the usual signals to end, it kills all descendants. When the
// handler ends by itself it does the same and passes the handler's status on: the same exit code,
// or the same signal.
//
// Needs nothing but the kernel and libc; linked statically where that is possible, so that the
// handler's LD_LIBRARY_PATH and LD_PRELOAD do not reach it.

#include <dirent.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>

namespace {

constexpr int kWrongUse = 2;
constexpr int kCannotStart = 125;  // as env(1), nohup(1) and others have it
constexpr int kNotExecutable = 126;
constexpr int kNotFound = 127;

constexpr rlim_t kOpenFiles = 1024;
constexpr rlim_t kCoreBytes = rlim_t{10} << 30;
constexpr rlim_t kStackBytes = rlim_t{8} << 20;

constexpr const char* kUsage =
    "usage: lambdarium-launcher --parent PID [--directory DIR] -- PROGRAM [ARGUMENT...]\n"
    "\n"
    "Runs PROGRAM in a session of its own, in DIR, with the limits of a Lambda execution\n"
    "environment, and kills it with all its descendants when it ends, when this program is told\n"
    "to end, or when the process PID, its parent, dies.\n";

struct Options {
  pid_t parent = 0;
  const char* directory = nullptr;
  char** program = nullptr;
};

[[noreturn]] void fail(int code, const char* what, const char* name) {
  std::fprintf(stderr, "lambdarium-launcher: %s %s: %s\n", what, name, std::strerror(errno));
  std::fflush(stderr);
  _exit(code);
}

bool parse(int argc, char** argv, Options& options) {
  int i = 1;
  for (; i < argc && std::strcmp(argv[i], "--") != 0; i += 2) {
    if (i + 1 >= argc) return false;
    if (std::strcmp(argv[i], "--parent") == 0) {
      char* end = nullptr;
      const long pid = std::strtol(argv[i + 1], &end, 10);
      if (*end != '\0' || pid <= 0 || pid > 0x7fffffff) return false;
      options.parent = static_cast<pid_t>(pid);
    } else if (std::strcmp(argv[i], "--directory") == 0) {
      options.directory = argv[i + 1];
    } else {
      return false;
    }
  }
  options.program = argv + i + 1;
  return options.parent != 0 && i + 1 < argc;
}

void close_inherited_descriptors() {
  if (syscall(SYS_close_range, 3U, ~0U, 0U) == 0) return;
  const long most = sysconf(_SC_OPEN_MAX);
  for (int fd = 3; fd < (most > 0 && most < 65536 ? most : 65536); ++fd) close(fd);
}

// Sets the soft limit, and lowers the hard one with it where `hard` says so; never asks for more
// than is allowed.
void limit(__rlimit_resource resource, rlim_t value, bool hard) {
  rlimit now{};
  if (getrlimit(resource, &now) != 0) return;
  if (value > now.rlim_max) value = now.rlim_max;
  now.rlim_cur = value;
  if (hard) now.rlim_max = value;
  setrlimit(resource, &now);
}

// Where the machine runs out of memory, the kernel is to take a function and not the emulator.
void offer_to_oom_killer() {
  const int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  constexpr char kScore[] = "500";
  [[maybe_unused]] const ssize_t written = write(file, kScore, sizeof kScore - 1);
  close(file);
}

// The handler's side of the fork. NPROC stays as it is: it counts all processes of the user, not
// those of this environment. AS stays too: V8 and CUDA reserve far more than they use.
[[noreturn]] void become_handler(const Options& options, const sigset_t& mask, pid_t launcher) {
  setsid();
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != launcher) _exit(kCannotStart);
  offer_to_oom_killer();
  limit(RLIMIT_NOFILE, kOpenFiles, true);
  limit(RLIMIT_CORE, kCoreBytes, false);
  limit(RLIMIT_STACK, kStackBytes, false);
  signal(SIGPIPE, SIG_DFL);
  sigprocmask(SIG_SETMASK, &mask, nullptr);
  execvp(options.program[0], options.program);
  fail(errno == ENOENT || errno == ENOTDIR ? kNotFound : kNotExecutable, "cannot run",
       options.program[0]);
}

// Sends SIGKILL to each direct child, as /proc lists them. False when there is no such list.
bool kill_listed_children() {
  char path[64];
  std::snprintf(path, sizeof path, "/proc/self/task/%d/children", static_cast<int>(getpid()));
  std::FILE* list = std::fopen(path, "re");
  if (list == nullptr) return false;
  int pid = 0;
  while (std::fscanf(list, "%d", &pid) == 1) kill(pid, SIGKILL);
  std::fclose(list);
  return true;
}

// The same from every process's own record, for kernels without the list.
void kill_children_by_parent() {
  DIR* proc = opendir("/proc");
  if (proc == nullptr) return;
  while (const dirent* entry = readdir(proc)) {
    const int pid = std::atoi(entry->d_name);
    if (pid <= 0) continue;
    char path[64];
    std::snprintf(path, sizeof path, "/proc/%d/stat", pid);
    std::FILE* record = std::fopen(path, "re");
    if (record == nullptr) continue;
    char line[512];
    const std::size_t size = std::fread(line, 1, sizeof line - 1, record);
    std::fclose(record);
    line[size] = '\0';
    // The program's name may hold anything, also brackets: the last one ends it.
    const char* rest = std::strrchr(line, ')');
    int parent = 0;
    if (rest != nullptr && std::sscanf(rest + 1, " %*c %d", &parent) == 1 && parent == getpid()) {
      kill(pid, SIGKILL);
    }
  }
  closedir(proc);
}

// Kills all descendants. Those of a killed child become our own children, so that repeating it
// reaches all of them.
void kill_descendants() {
  for (;;) {
    if (!kill_listed_children()) kill_children_by_parent();
    int status = 0;
    if (waitpid(-1, &status, 0) < 0 && errno == ECHILD) return;
    while (waitpid(-1, &status, WNOHANG) > 0) {
    }
  }
}

// Ends this process as the handler ended.
[[noreturn]] void end_like(int status) {
  if (!WIFSIGNALED(status)) _exit(WIFEXITED(status) ? WEXITSTATUS(status) : kCannotStart);
  const int number = WTERMSIG(status);
  prctl(PR_SET_DUMPABLE, 0);  // one core file is enough
  signal(number, SIG_DFL);
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, number);
  sigprocmask(SIG_UNBLOCK, &only, nullptr);
  raise(number);
  _exit(128 + number);
}

[[noreturn]] void supervise(pid_t handler, const sigset_t& signals) {
  for (;;) {
    const int number = sigwaitinfo(&signals, nullptr);
    if (number < 0) continue;
    if (number != SIGCHLD) {
      kill_descendants();
      _exit(0);
    }
    int status = 0;
    for (pid_t pid = 0; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
      if (pid != handler) continue;
      kill_descendants();
      end_like(status);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!parse(argc, argv, options)) {
    std::fputs(kUsage, stderr);
    return kWrongUse;
  }
  setsid();  // fails harmlessly where the parent has done it

  sigset_t signals;
  sigset_t before;
  sigemptyset(&signals);
  for (const int number : {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGQUIT}) {
    // One that is ignored would be dropped instead of waiting for sigwaitinfo.
    signal(number, SIG_DFL);
    sigaddset(&signals, number);
  }
  sigprocmask(SIG_BLOCK, &signals, &before);

  if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) fail(kCannotStart, "cannot become", "subreaper");
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != options.parent) return kCannotStart;  // it died before the kernel was asked
  close_inherited_descriptors();
  if (options.directory != nullptr && chdir(options.directory) != 0) {
    fail(kCannotStart, "cannot change to", options.directory);
  }

  const pid_t launcher = getpid();
  const pid_t handler = fork();
  if (handler < 0) fail(kCannotStart, "cannot start", options.program[0]);
  if (handler == 0) become_handler(options, before, launcher);
  supervise(handler, signals);
}
