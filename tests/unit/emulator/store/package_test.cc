#include "emulator/store/package.h"

#include <sys/stat.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <thread>

#include "tests/unit/emulator/store/temporary_folder.h"
#include "tests/unit/emulator/store/zip_builder.h"

namespace lambdarium::store {
namespace {

namespace fs = std::filesystem;
using testing::count_entries;
using testing::make_raw_zip;
using testing::make_zip;
using testing::read_file;
using testing::TemporaryFolder;
using testing::ZipEntry;

constexpr std::string_view kBroken =
    "Could not unzip uploaded file. Please check your file, then try to upload again.";
constexpr std::uint32_t kLink = 0120777;

unsigned mode_of(const fs::path& path) {
  struct ::stat facts {};
  BOOST_REQUIRE(::lstat(path.c_str(), &facts) == 0);
  return facts.st_mode & 07777U;
}

// The zip is refused with this text, and nothing was written.
void check_refused(std::string_view zip, const std::string& message, const ZipLimits& limits = {},
                   ErrorCode code = ErrorCode::kInvalidInput) {
  const TemporaryFolder folder;
  const auto unpacked = unpack_zip(zip, folder / "packages", limits);
  BOOST_REQUIRE(!unpacked.ok());
  BOOST_TEST(unpacked.error().message == message);
  BOOST_TEST((unpacked.error().code == code));
  BOOST_TEST(count_entries(folder / "packages") == 0U);
  const auto checked = check_zip(zip, limits);
  BOOST_REQUIRE(!checked.ok());
  BOOST_TEST(checked.error().message == message);
}

void check_refused_entry(std::string_view zip, const std::string& why) {
  check_refused(zip, std::string{kBroken} + " " + why);
}

BOOST_AUTO_TEST_SUITE(package)

BOOST_AUTO_TEST_CASE(a_zip_is_unpacked_with_its_contents_modes_and_links) {
  const TemporaryFolder folder;
  const std::string zip = make_zip({{"app.py", "print(1)\n"},
                                    {"bin/", "", 040700},
                                    {"bin/tool", "#!/bin/sh\n", 0100755},
                                    {"lib/a/b.txt", "b", 0100600},
                                    {"secret", "s", 0104711},
                                    {"link", "lib/a/b.txt", kLink}});
  const auto package = unpack_zip(zip, folder / "packages");
  BOOST_REQUIRE_MESSAGE(package.ok(), (package.ok() ? std::string{} : package.error().message));
  BOOST_TEST(package->reused == false);
  BOOST_TEST(package->folder == folder / "packages" / package->summary.id);
  BOOST_TEST(package->summary.zip_bytes == static_cast<std::int64_t>(zip.size()));
  BOOST_TEST(package->summary.unzipped_bytes == 9 + 10 + 1 + 1);
  BOOST_TEST(package->summary.entries == 6U);
  BOOST_TEST(read_file(package->folder / "app.py") == "print(1)\n");
  BOOST_TEST(read_file(package->folder / "link") == "b");
  BOOST_TEST(mode_of(package->folder) == 0755U);
  BOOST_TEST(mode_of(package->folder / "app.py") == 0644U);
  BOOST_TEST(mode_of(package->folder / "bin") == 0755U);
  BOOST_TEST(mode_of(package->folder / "bin/tool") == 0755U);
  BOOST_TEST(mode_of(package->folder / "lib/a/b.txt") == 0600U);
  BOOST_TEST(mode_of(package->folder / "secret") == 0711U);
  BOOST_TEST(fs::read_symlink(package->folder / "link") == "lib/a/b.txt");
  BOOST_TEST(count_entries(folder / "packages") == 1U);
}

BOOST_AUTO_TEST_CASE(the_digest_is_that_of_the_zip_in_hexadecimal_and_in_base64) {
  const std::string zip = make_raw_zip({{"a", "x"}});
  const auto summary = check_zip(zip);
  BOOST_REQUIRE(summary.ok());
  BOOST_TEST(summary->id.size() == 64U);
  BOOST_TEST(summary->sha256_base64.size() == 44U);
  BOOST_TEST(summary->sha256_base64.back() == '=');
  // The same bytes in both spellings: the first three are four letters of base64.
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const unsigned long first = std::stoul(summary->id.substr(0, 6), nullptr, 16);
  std::string expected;
  for (const int shift : {18, 12, 6, 0}) expected += kLetters[(first >> shift) & 63U];
  BOOST_TEST(summary->sha256_base64.substr(0, 4) == expected);
}

BOOST_AUTO_TEST_CASE(the_same_zip_is_unpacked_once) {
  const TemporaryFolder folder;
  const std::string zip = make_zip({{"a", "1"}});
  BOOST_REQUIRE(unpack_zip(zip, folder.path()).ok());
  const auto again = unpack_zip(zip, folder.path());
  BOOST_REQUIRE(again.ok());
  BOOST_TEST(again->reused);
  BOOST_TEST(count_entries(folder.path()) == 1U);
}

BOOST_AUTO_TEST_CASE(threads_may_unpack_the_same_zip_at_once) {
  const TemporaryFolder folder;
  const std::string zip = make_zip({{"a", std::string(100'000, 'a')}, {"d/b", "2"}});
  std::array<bool, 4> done{};
  {
    std::vector<std::jthread> threads;
    for (bool& flag : done) {
      threads.emplace_back([&zip, &folder, &flag] { flag = unpack_zip(zip, folder.path()).ok(); });
    }
  }
  for (const bool flag : done) BOOST_TEST(flag);
  BOOST_TEST(count_entries(folder.path()) == 1U);
}

BOOST_AUTO_TEST_CASE(a_zip_without_unix_modes_gets_ordinary_ones) {
  const TemporaryFolder folder;
  const auto package =
      unpack_zip(make_raw_zip({{"app.py", "1"}}, {.unix_modes = false}), folder.path());
  BOOST_REQUIRE(package.ok());
  BOOST_TEST((mode_of(package->folder / "app.py") & 0400U) == 0400U);
  BOOST_TEST((mode_of(package->folder / "app.py") & 0111U) == 0U);
}

BOOST_AUTO_TEST_CASE(names_beyond_ascii_are_kept_whatever_the_locale) {
  const TemporaryFolder folder;
  for (const bool flagged : {true, false}) {
    const auto package =
        unpack_zip(make_raw_zip({{"höhe/日本.txt", flagged ? "1" : "2"}}, {.utf8_names = flagged}),
                   folder.path());
    BOOST_REQUIRE_MESSAGE(package.ok(), (package.ok() ? std::string{} : package.error().message));
    BOOST_TEST(fs::exists(package->folder / "höhe/日本.txt"));
  }
}

BOOST_AUTO_TEST_CASE(dots_and_doubled_slashes_in_paths_are_cleaned) {
  const TemporaryFolder folder;
  const auto package = unpack_zip(
      make_raw_zip({{"./", "", 040755}, {"./a//b", "1"}, {"a/./c", "2"}}), folder.path());
  BOOST_REQUIRE(package.ok());
  BOOST_TEST(read_file(package->folder / "a/b") == "1");
  BOOST_TEST(read_file(package->folder / "a/c") == "2");
}

BOOST_AUTO_TEST_CASE(what_is_no_zip_is_refused_with_awss_text) {
  check_refused("this is no zip", std::string{kBroken});
  check_refused(std::string(100'000, '\0'), std::string{kBroken});
  check_refused("PK\x03\x04", std::string{kBroken});
}

BOOST_AUTO_TEST_CASE(an_empty_zip_is_refused_with_awss_text) {
  check_refused("", "Uploaded file must be a non-empty zip");
  check_refused(make_raw_zip({}), "Uploaded file must be a non-empty zip");
}

BOOST_AUTO_TEST_CASE(a_zip_cut_off_anywhere_is_refused) {
  const std::string zip =
      make_zip({{"app.py", "print('hello')\n"}, {"lib/x", std::string(300, 'x')}});
  for (std::size_t size = 1; size < zip.size(); ++size) {
    const auto checked = check_zip(std::string_view{zip}.substr(0, size));
    BOOST_REQUIRE_MESSAGE(!checked.ok(), "accepted after " << size << " bytes");
    BOOST_REQUIRE(checked.error().message == kBroken);
  }
}

BOOST_AUTO_TEST_CASE(flipped_bytes_never_crash_and_never_leave_the_folder) {
  const std::string zip = make_zip({{"app.py", "print('hello')\n"}, {"l", "app.py", kLink}});
  for (std::size_t i = 0; i < zip.size(); ++i) {
    for (const char flip : {'\x01', '\x80', '\xff'}) {
      std::string damaged = zip;
      damaged[i] = static_cast<char>(damaged[i] ^ flip);
      (void)check_zip(damaged);  // either answer is right; sanitizers watch
    }
  }
}

BOOST_AUTO_TEST_CASE(wrong_checksums_are_refused) {
  check_refused(make_raw_zip({{"a", "contents"}}, {.wrong_checksum = true}), std::string{kBroken});
}

BOOST_AUTO_TEST_CASE(encrypted_entries_are_refused) {
  check_refused(make_raw_zip({{"a", "contents that are long"}}, {.encrypted = true}),
                std::string{kBroken});
}

BOOST_AUTO_TEST_CASE(paths_that_leave_the_package_are_refused) {
  check_refused_entry(make_zip({{"ok", "1"}, {"../evil", "x"}}),
                      "Entry '../evil' has '..' in its path.");
  check_refused_entry(make_raw_zip({{"a/../../evil", "x"}}),
                      "Entry 'a/../../evil' has '..' in its path.");
  check_refused_entry(make_raw_zip({{"a/..", "x"}}), "Entry 'a/..' has '..' in its path.");
  check_refused_entry(make_raw_zip({{"/etc/passwd", "x"}}),
                      "Entry '/etc/passwd' has an absolute path.");
  check_refused_entry(make_raw_zip({{"C:/evil", "x"}}),
                      "Entry 'C:/evil' has a path with a drive letter.");
  check_refused_entry(make_raw_zip({{"..\\evil", "x"}}),
                      "Entry '..\\evil' has a backslash in its path; use '/'.");
  check_refused_entry(make_raw_zip({{"a\\b", "x"}}),
                      "Entry 'a\\b' has a backslash in its path; use '/'.");
}

BOOST_AUTO_TEST_CASE(names_that_only_look_like_tricks_are_accepted) {
  BOOST_TEST(check_zip(make_raw_zip({{"..a/b..", "1"}, {"...", "2"}, {"1:2", "3"}})).ok());
}

BOOST_AUTO_TEST_CASE(links_inside_the_package_are_accepted) {
  BOOST_TEST(check_zip(make_zip({{"a/x", "1"}, {"a/up", "../b", kLink}, {"b/y", "2"}})).ok());
  BOOST_TEST(check_zip(make_zip({{"dangling", "nowhere/at/all", kLink}})).ok());
  BOOST_TEST(check_zip(make_zip({{"a/root", "..", kLink}})).ok());
}

BOOST_AUTO_TEST_CASE(links_that_leave_the_package_are_refused) {
  check_refused_entry(make_zip({{"l", "../x", kLink}}),
                      "Entry 'l' is a link that leaves the package.");
  check_refused_entry(make_zip({{"l", "/etc/passwd", kLink}}),
                      "Entry 'l' is a link to an absolute path.");
  check_refused_entry(make_zip({{"a/b/l", "../../../x", kLink}}),
                      "Entry 'a/b/l' is a link that leaves the package.");
  // By the text it stays inside; by way of the other link it does not.
  check_refused_entry(
      make_zip({{"top/t", "1"}, {"x/y/z/b", "../../../top", kLink}, {"a", "x/y/z/b/../..", kLink}}),
      "Entry 'a' is a link that leaves the package.");
  check_refused_entry(make_zip({{"a", "b", kLink}, {"b", "a", kLink}}),
                      "Entry 'a' is a link that leads in a circle.");
}

BOOST_AUTO_TEST_CASE(nothing_may_lie_below_a_link) {
  check_refused_entry(make_zip({{"d", "e", kLink}, {"d/x", "1"}}),
                      "Entry 'd/x' lies below 'd', which is a link.");
  check_refused_entry(make_zip({{"d/x", "1"}, {"d", "e", kLink}}),
                      "Entry 'd' is a folder elsewhere in the zip.");
}

BOOST_AUTO_TEST_CASE(duplicate_and_conflicting_entries_are_refused) {
  check_refused_entry(make_zip({{"a", "1"}, {"a", "2"}}), "Entry 'a' is in the zip twice.");
  check_refused_entry(make_zip({{"a", "1"}, {"./a", "2"}}), "Entry './a' is in the zip twice.");
  check_refused_entry(make_zip({{"a", "1"}, {"a/b", "2"}}),
                      "Entry 'a/b' lies below 'a', which is a file.");
  check_refused_entry(make_zip({{"a/b", "2"}, {"a", "1"}}),
                      "Entry 'a' is a folder elsewhere in the zip.");
  BOOST_TEST(check_zip(make_zip({{"a/", "", 040755}, {"a/b", "1"}, {"a/", "", 040755}})).ok());
}

BOOST_AUTO_TEST_CASE(devices_and_other_special_files_are_refused) {
  for (const std::uint32_t type : {0020666U, 0060666U, 0010666U, 0140666U}) {
    check_refused_entry(make_raw_zip({{"dev", "", type}}),
                        "Entry 'dev' is neither a file nor a folder nor a link.");
  }
}

BOOST_AUTO_TEST_CASE(the_zipped_size_is_limited_on_both_sides_of_the_edge) {
  const std::string zip = make_zip({{"a", "1"}});
  ZipLimits limits;
  limits.zipped_bytes = static_cast<std::int64_t>(zip.size());
  BOOST_TEST(check_zip(zip, limits).ok());
  --limits.zipped_bytes;
  check_refused(zip,
                "Zipped size must be smaller than " + std::to_string(zip.size() - 1) + " bytes",
                limits, ErrorCode::kTooLarge);
  const std::string large(52'428'801, '\0');
  check_refused(large, "Zipped size must be smaller than 52428800 bytes", {}, ErrorCode::kTooLarge);
}

BOOST_AUTO_TEST_CASE(the_unzipped_size_is_limited_on_both_sides_of_the_edge) {
  const std::string zip = make_zip({{"a", std::string(600, 'a')}, {"b", std::string(400, 'b')}});
  ZipLimits limits;
  limits.unzipped_bytes = 1'000;
  BOOST_TEST(check_zip(zip, limits).ok());
  limits.unzipped_bytes = 999;
  check_refused(zip, "Unzipped size must be smaller than 999 bytes", limits);
}

BOOST_AUTO_TEST_CASE(a_bomb_beyond_250_mb_is_refused_with_awss_text) {
  const std::string part(100'000'000, '\0');
  const std::string zip = make_zip({{"a", part}, {"b", part}, {"c", part}});
  BOOST_TEST(zip.size() < 1'000'000U);
  check_refused(zip, "Unzipped size must be smaller than 262144000 bytes");
}

BOOST_AUTO_TEST_CASE(a_header_that_claims_less_than_it_holds_does_not_help_a_bomb) {
  ZipLimits limits;
  limits.unzipped_bytes = 50;
  const auto checked =
      check_zip(make_raw_zip({{"a", std::string(100, 'a')}}, {.claimed_size = 10}), limits);
  BOOST_TEST(!checked.ok());
}

BOOST_AUTO_TEST_CASE(the_number_of_entries_is_limited_folders_that_are_implied_count) {
  ZipLimits limits;
  limits.entries = 3;
  BOOST_TEST(check_zip(make_zip({{"a/b/c", "1"}}), limits).ok());
  check_refused(make_zip({{"a/b/c/d", "1"}}),
                std::string{kBroken} + " It has more than 3 files and folders.", limits);
  check_refused(make_zip({{"1", ""}, {"2", ""}, {"3", ""}, {"4", ""}}),
                std::string{kBroken} + " It has more than 3 files and folders.", limits);
}

BOOST_AUTO_TEST_CASE(long_and_deep_paths_are_refused) {
  const std::string name(255, 'n');
  BOOST_TEST(check_zip(make_raw_zip({{name, "1"}})).ok());
  const auto too_long = check_zip(make_raw_zip({{name + "n", "1"}}));
  BOOST_REQUIRE(!too_long.ok());
  BOOST_TEST(too_long.error().message.ends_with("has a name longer than 255 bytes."));
  std::string deep;
  for (int i = 0; i < 63; ++i) deep += "d/";
  BOOST_TEST(check_zip(make_raw_zip({{deep + "f", "1"}})).ok());
  BOOST_TEST(!check_zip(make_raw_zip({{deep + "d/f", "1"}})).ok());
}

BOOST_AUTO_TEST_CASE(a_zip_file_is_read_from_the_disk) {
  const TemporaryFolder folder;
  const fs::path file = folder.write("f.zip", make_zip({{"a", "1"}}));
  const auto package = unpack_zip_file(file, folder / "packages");
  BOOST_REQUIRE(package.ok());
  BOOST_TEST(read_file(package->folder / "a") == "1");
  BOOST_TEST(!unpack_zip_file(folder / "missing.zip", folder / "packages").ok());
  BOOST_TEST(!unpack_zip_file(folder.path(), folder / "packages").ok());
}

BOOST_AUTO_TEST_CASE(unused_packages_and_leftovers_are_removed_and_nothing_else) {
  const TemporaryFolder folder;
  const auto keep = unpack_zip(make_zip({{"a", "1"}}), folder.path());
  const auto drop = unpack_zip(make_zip({{"a", "2"}}), folder.path());
  BOOST_REQUIRE((keep.ok() && drop.ok()));
  folder.write(".unpacking-abc123/half", "x");
  folder.write("notes.txt", "mine");
  const auto removed = remove_packages_except(folder.path(), {keep->summary.id});
  BOOST_REQUIRE(removed.ok());
  BOOST_TEST(*removed == 2U);
  BOOST_TEST(fs::exists(keep->folder / "a"));
  BOOST_TEST(!fs::exists(drop->folder));
  BOOST_TEST(fs::exists(folder / "notes.txt"));
  BOOST_TEST(remove_packages_except(folder / "none", {}).ok());
}

BOOST_AUTO_TEST_CASE(a_root_that_cannot_be_made_is_an_error_of_the_machine) {
  const TemporaryFolder folder;
  folder.write("file", "x");
  const auto unpacked = unpack_zip(make_zip({{"a", "1"}}), folder / "file" / "packages");
  BOOST_REQUIRE(!unpacked.ok());
  BOOST_TEST((unpacked.error().code == ErrorCode::kUnavailable));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace lambdarium::store
