// Published versions: what they are numbered, what they keep, and how they are listed and deleted.

#include <boost/test/unit_test.hpp>

#include "tests/unit/emulator/aws/control_plane_fixture.h"

namespace {

using namespace lambdarium;
using namespace lambdarium::aws;
using namespace lambdarium::aws::testing;

const std::string kFunction = "/2015-03-31/functions/f";
const std::string kArn = "arn:aws:lambda:us-east-1:123456789012:function:f";

struct VersionsFixture : ControlPlaneFixture {
  VersionsFixture() { create("f"); }
  HttpResponse publish(const Json& body = Json::object()) {
    return call("POST", kFunction + "/versions", body.dump());
  }
  std::string published(const Json& body = Json::object()) {
    return Json::parse(publish(body).body).value("Version", "");
  }
  HttpResponse configure(const Json& body) {
    return call("PUT", kFunction + "/configuration", body.dump());
  }
  HttpResponse update_code(const std::string& zip, bool publish = false) {
    const Json body{{"ZipFile", base64_encode(zip)}, {"Publish", publish}};
    return call("PUT", kFunction + "/code", body.dump());
  }
  std::vector<std::string> listed(const std::string& target, const char* member) {
    std::vector<std::string> found;
    const Json body = Json::parse(call("GET", target).body);
    for (const Json& item : body.at(member)) {
      found.push_back(item.at("FunctionName").get<std::string>() + ":" +
                      item.at("Version").get<std::string>());
    }
    return found;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(aws_versions, VersionsFixture)

BOOST_AUTO_TEST_CASE(a_published_version_is_the_function_with_a_number) {
  const Json latest = get("f")["Configuration"];
  const HttpResponse response = publish({{"Description", "first"}});
  BOOST_TEST(response.status == 201);
  Json version = Json::parse(response.body);
  BOOST_TEST(version["Version"] == "1");
  BOOST_TEST(version["FunctionArn"] == kArn + ":1");
  BOOST_TEST(version["Description"] == "first");
  BOOST_TEST(version["State"] == "Active");
  BOOST_TEST(version["RevisionId"] != latest["RevisionId"]);
  for (const char* same : {"CodeSha256", "CodeSize", "Handler", "Runtime", "Timeout", "Role"}) {
    BOOST_TEST(version[same] == latest[same], same);
  }
  BOOST_TEST(get("f:1")["Configuration"] == version);
  // AWS: publishing gives $LATEST another revision, and changes nothing else of it.
  Json after = get("f")["Configuration"];
  BOOST_TEST(after["RevisionId"] != latest["RevisionId"]);
  after["RevisionId"] = latest["RevisionId"];
  BOOST_TEST(after == latest);
  BOOST_TEST(recorder.heard.back() == "f:1 created");
}

BOOST_AUTO_TEST_CASE(publishing_without_a_change_gives_the_last_version_again) {
  publish({{"Description", "first"}});
  const Json first = get("f:1")["Configuration"];
  BOOST_TEST(Json::parse(publish({{"Description", "again"}}).body) == first);
  call("PUT", "/2017-10-31/functions/f/concurrency", R"({"ReservedConcurrentExecutions":1})");
  call("POST", "/2017-03-31/tags/" + kArn, R"({"Tags":{"a":"b"}})");
  BOOST_TEST(published() == "1");
  for (const Json& change :
       {Json{{"Timeout", 4}}, Json{{"Description", "d"}}, Json{{"MemorySize", 129}},
        Json{{"Environment", {{"Variables", {{"AB", "c"}}}}}}, Json{{"Handler", "a.b"}},
        Json{{"TracingConfig", {{"Mode", "Active"}}}}}) {
    const std::string before = published();
    BOOST_TEST(configure(change).status == 200);
    BOOST_TEST(published() != before, change.dump());
    BOOST_TEST(published() == published());
  }
  BOOST_TEST(published() == "7");
  update_code("PKtwo");
  BOOST_TEST(published() == "8");
  update_code("PKtwo");
  BOOST_TEST(published() == "8");
}

BOOST_AUTO_TEST_CASE(versions_never_change_when_the_function_does) {
  publish();
  const Json first = get("f:1");
  configure({{"Timeout", 9}});
  update_code("PKtwo");
  BOOST_TEST(get("f:1") == first);
  BOOST_TEST(get("f")["Configuration"]["Timeout"] == 9);
  for (const char* path : {"/code", "/configuration"}) {
    const HttpResponse refused =
        call("PUT", kFunction + ":1" + path, R"({"Timeout":3,"ZipFile":"UEs="})");
    BOOST_TEST(outcome(refused).starts_with("400 InvalidParameterValueException"));
  }
}

BOOST_AUTO_TEST_CASE(the_code_and_the_revision_that_a_caller_means_are_checked) {
  const std::string sha = get("f")["Configuration"]["CodeSha256"];
  BOOST_TEST(outcome(publish({{"CodeSha256", "x"}})) ==
             "400 InvalidParameterValueException: CodeSHA256 (x) is different from current "
             "CodeSHA256 in $LATEST (" +
                 sha + "). Please try again with the CodeSHA256 in $LATEST.");
  BOOST_TEST(outcome(publish({{"RevisionId", "x"}})).starts_with("412 PreconditionFailed"));
  BOOST_TEST(publish({{"CodeSha256", sha}, {"RevisionId", get("f")["Configuration"]["RevisionId"]}})
                 .status == 201);
  BOOST_TEST(publish({{"Description", std::string(256, 'd')}}).status == 201);
  BOOST_TEST(publish({{"Description", std::string(257, 'd')}}).status == 400);
  BOOST_TEST(outcome(call("POST", "/2015-03-31/functions/none/versions")) ==
             "404 ResourceNotFoundException: Function not found: "
             "arn:aws:lambda:us-east-1:123456789012:function:none");
}

BOOST_AUTO_TEST_CASE(numbers_are_never_given_again) {
  publish();
  BOOST_TEST(call("DELETE", kFunction + "?Qualifier=1").status == 204);
  BOOST_TEST(recorder.heard.back() == "f:1 removed");
  BOOST_TEST(outcome(call("GET", kFunction + "?Qualifier=1")) ==
             "404 ResourceNotFoundException: Function not found: " + kArn + ":1");
  BOOST_TEST(published() == "2");
  call("DELETE", kFunction);
  create("f");
  BOOST_TEST(call("GET", kFunction + "?Qualifier=2").status == 404);
  BOOST_TEST(published() == "3");
  BOOST_TEST(call("DELETE", kFunction + ":77").status == 204);
}

BOOST_AUTO_TEST_CASE(publish_makes_a_version_with_the_function_in_one_transaction) {
  Json body = creation("g");
  body["Publish"] = true;
  const HttpResponse response = call("POST", "/2015-03-31/functions", body.dump());
  BOOST_TEST(response.status == 201);
  const Json created = Json::parse(response.body);
  BOOST_TEST(created["Version"] == "1");
  BOOST_TEST(created["FunctionArn"] == "arn:aws:lambda:us-east-1:123456789012:function:g:1");
  BOOST_TEST(created["State"] == "Pending");
  BOOST_TEST(storage.updates.back().put.size() == 2U);
  BOOST_TEST(get("g")["Configuration"]["Version"] == "$LATEST");
  BOOST_TEST(get("g:1")["Configuration"]["State"] == "Active");

  const Json second = Json::parse(update_code("PKtwo", true).body);
  BOOST_TEST(second["Version"] == "1");
  BOOST_TEST(second["CodeSha256"] == "sha-two");
  const Json same = Json::parse(update_code("PKtwo", true).body);
  BOOST_TEST(same["Version"] == "1");
  BOOST_TEST(same["State"] == "Active");
}

BOOST_AUTO_TEST_CASE(a_version_that_cannot_be_stored_does_not_exist) {
  storage.put_error = "disk full";
  BOOST_TEST(outcome(publish()) == "500 ServiceException: disk full");
  storage.put_error.clear();
  BOOST_TEST(call("GET", kFunction + "?Qualifier=1").status == 404);
  BOOST_TEST(published() == "1");
}

BOOST_AUTO_TEST_CASE(a_second_change_waits_for_the_first_to_be_stored) {
  Answer first = begin("POST", kFunction + "/versions");
  BOOST_TEST(outcome(publish()) ==
             "409 ResourceConflictException: The operation cannot be performed at this time. An "
             "update is in progress for resource: " +
                 kArn);
  BOOST_TEST(complete(std::move(first)).status == 201);
  { const Answer dropped = begin("POST", kFunction + "/aliases", R"({})"); }
  BOOST_TEST(publish().status == 201);
}

BOOST_AUTO_TEST_CASE(lists_hold_all_versions_in_order_and_go_on_where_a_page_ended) {
  for (int i = 0; i < 11; ++i) {
    configure({{"Timeout", 10 + i}});
    publish();
  }
  create("g");
  const std::string versions = kFunction + "/versions";
  const auto all = listed(versions, "Versions");
  BOOST_REQUIRE(all.size() == 12U);
  BOOST_TEST(all[0] == "f:$LATEST");
  BOOST_TEST(all[2] == "f:2");
  BOOST_TEST(all[11] == "f:11");
  std::vector<std::string> paged;
  std::string marker;
  do {
    const Json page = Json::parse(
        call("GET", "/2015-03-31/functions?FunctionVersion=ALL&MaxItems=5&Marker=" + marker).body);
    for (const Json& item : page.at("Functions")) {
      BOOST_TEST(!item.contains("State"));
      paged.push_back(item.at("FunctionArn").get<std::string>());
    }
    marker = page.value("NextMarker", "");
  } while (!marker.empty());
  BOOST_REQUIRE(paged.size() == 13U);
  BOOST_TEST(paged[0] == kArn + ":$LATEST");
  BOOST_TEST(paged[11] == kArn + ":11");
  BOOST_TEST(paged[12] == "arn:aws:lambda:us-east-1:123456789012:function:g:$LATEST");
  BOOST_TEST(listed("/2015-03-31/functions", "Functions").size() == 2U);
  BOOST_TEST(call("GET", versions + "?Marker=x").status == 400);
  BOOST_TEST(call("GET", versions + "?MaxItems=0").status == 400);
  BOOST_TEST(call("GET", "/2015-03-31/functions/none/versions").status == 404);
}

BOOST_AUTO_TEST_CASE(tags_and_reserved_concurrency_are_the_functions_whatever_the_version) {
  publish();
  call("PUT", "/2017-10-31/functions/f/concurrency", R"({"ReservedConcurrentExecutions":5})");
  call("POST", "/2017-03-31/tags/" + kArn, R"({"Tags":{"a":"b"}})");
  const Json version = get("f:1");
  BOOST_TEST(version["Tags"]["a"] == "b");
  BOOST_TEST(version["Concurrency"]["ReservedConcurrentExecutions"] == 5);
}

BOOST_AUTO_TEST_CASE(runtime_management_and_recursion_are_kept_and_shown) {
  publish();
  const std::string runtime = "/2021-07-20/functions/f/runtime-management-config";
  BOOST_TEST(Json::parse(call("GET", runtime).body) ==
             Json({{"UpdateRuntimeOn", "Auto"}, {"FunctionArn", kArn + ":$LATEST"}}));
  const std::string arn = "arn:aws:lambda:us-east-1::runtime:abc";
  const Json manual{{"UpdateRuntimeOn", "Manual"}, {"RuntimeVersionArn", arn}};
  BOOST_TEST(call("PUT", runtime + "?Qualifier=1", manual.dump()).status == 200);
  BOOST_TEST(Json::parse(call("GET", runtime + "?Qualifier=1").body)["RuntimeVersionArn"] == arn);
  BOOST_TEST(Json::parse(call("GET", runtime).body)["UpdateRuntimeOn"] == "Auto");
  BOOST_TEST(call("PUT", runtime, R"({"UpdateRuntimeOn":"Manual"})").status == 400);
  BOOST_TEST(call("PUT", runtime, R"({"UpdateRuntimeOn":"Never"})").status == 400);
  BOOST_TEST(call("PUT", runtime, R"({})").status == 400);
  BOOST_TEST(call("GET", runtime + "?Qualifier=2").status == 404);

  const std::string recursion = "/2024-08-31/functions/f/recursion-config";
  BOOST_TEST(call("GET", recursion).body == R"({"RecursiveLoop":"Terminate"})");
  BOOST_TEST(call("PUT", recursion, R"({"RecursiveLoop":"Allow"})").status == 200);
  BOOST_TEST(call("GET", recursion).body == R"({"RecursiveLoop":"Allow"})");
  BOOST_TEST(call("PUT", recursion, R"({"RecursiveLoop":"Maybe"})").status == 400);
}

BOOST_AUTO_TEST_SUITE_END()
