// What CreateFunction, the updates, reads and deletion answer when all goes well, and in which
// order things happen.

#include <boost/test/unit_test.hpp>

#include "tests/unit/emulator/aws/control_plane_fixture.h"

namespace {

using namespace lambdarium;
using namespace lambdarium::aws;
using namespace lambdarium::aws::testing;

const std::string kFunction = "/2015-03-31/functions/f";

}  // namespace

BOOST_FIXTURE_TEST_SUITE(aws_functions, ControlPlaneFixture)

BOOST_AUTO_TEST_CASE(a_created_function_is_answered_pending_with_every_default) {
  const HttpResponse response = create("f");
  BOOST_TEST(response.status == 201);
  BOOST_TEST(*response.headers.find("x-amzn-requestid") == "00000000-0000-4000-8000-000000000001");
  BOOST_TEST(*response.headers.find("content-type") == "application/json");
  Json body = Json::parse(response.body);
  BOOST_TEST(body["RevisionId"].get<std::string>().size() == 36U);
  BOOST_TEST(body["RuntimeVersionConfig"]["RuntimeVersionArn"].get<std::string>().size() ==
             std::string{"arn:aws:lambda:us-east-1::runtime:"}.size() + 64);
  body.erase("RevisionId");
  body.erase("RuntimeVersionConfig");
  BOOST_TEST(body == Json::parse(R"({
    "FunctionName": "f", "FunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:f",
    "Runtime": "python3.12", "Role": "arn:aws:iam::123456789012:role/r", "Handler": "app.handler",
    "CodeSize": 5, "CodeSha256": "sha-one", "Description": "", "Timeout": 3, "MemorySize": 128,
    "LastModified": "2024-01-02T03:04:05.678+0000", "Version": "$LATEST", "State": "Pending",
    "StateReason": "The function is being created.", "StateReasonCode": "Creating",
    "PackageType": "Zip", "Architectures": ["x86_64"], "EphemeralStorage": {"Size": 512},
    "TracingConfig": {"Mode": "PassThrough"},
    "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
    "LoggingConfig": {"LogFormat": "Text", "LogGroup": "/aws/lambda/f"}})"));
}

BOOST_AUTO_TEST_CASE(the_next_read_finds_it_active) {
  create("f");
  const Json function = get("f");
  const Json& configuration = function["Configuration"];
  BOOST_TEST(configuration["State"] == "Active");
  BOOST_TEST(configuration["LastUpdateStatus"] == "Successful");
  BOOST_TEST(!configuration.contains("StateReason"));
  BOOST_TEST(!configuration.contains("Environment"));
  BOOST_TEST(function["Code"]["RepositoryType"] == "S3");
  BOOST_TEST(function["Code"]["Location"] == "file:///packages/id-one");
  BOOST_TEST(!function.contains("Tags"));
  BOOST_TEST(!function.contains("Concurrency"));
  BOOST_TEST(Json::parse(call("GET", kFunction + "/configuration").body) == configuration);
}

BOOST_AUTO_TEST_CASE(what_is_given_comes_back_the_same) {
  Json body = creation("f");
  body["Timeout"] = 900;
  body["MemorySize"] = 10'240;
  body["Description"] = std::string(256, 'd');
  body["EphemeralStorage"]["Size"] = 10'240;
  body["Architectures"] = Json::array({"arm64"});
  body["Environment"]["Variables"] = Json{{"NAME", "a=b"}, {"other_1", "é"}};
  body["Tags"] = Json{{"team", "x"}};
  body["TracingConfig"]["Mode"] = "Active";
  body["LoggingConfig"] = Json{{"LogFormat", "JSON"}, {"LogGroup", "/mine"}};
  body["SnapStart"]["ApplyOn"] = "PublishedVersions";
  body["DeadLetterConfig"]["TargetArn"] = "arn:aws:sqs:us-east-1:1:q";
  body["Publish"] = true;
  body["SomethingNew"] = Json{{"from", 2030}};
  BOOST_TEST(call("POST", "/2015-03-31/functions", body.dump()).status == 201);
  const Json function = get("f");
  const Json& configuration = function["Configuration"];
  for (const char* name : {"Timeout", "MemorySize", "Description", "EphemeralStorage",
                           "Architectures", "Environment", "TracingConfig", "DeadLetterConfig"}) {
    BOOST_TEST(configuration.at(name) == body.at(name), name);
  }
  BOOST_TEST(configuration["LoggingConfig"] == Json::parse(R"({"LogFormat":"JSON",
    "LogGroup":"/mine","ApplicationLogLevel":"INFO","SystemLogLevel":"INFO"})"));
  BOOST_TEST(configuration["SnapStart"]["ApplyOn"] == "PublishedVersions");
  BOOST_TEST(function["Tags"] == body["Tags"]);
  BOOST_TEST(!configuration.contains("SomethingNew"));
  const FunctionDefinition& definition = registry.find("f")->definition;
  BOOST_TEST(definition.environment.at("NAME") == "a=b");
  BOOST_TEST(definition.code_directory == "/packages/id-one");
}

BOOST_AUTO_TEST_CASE(a_change_is_durable_before_the_registry_and_the_listener_know_of_it) {
  Answer answer = begin("POST", "/2015-03-31/functions", creation("f").dump());
  auto& job = std::get<std::unique_ptr<Job>>(answer);
  BOOST_TEST(storage.calls.empty());
  job->work();
  BOOST_TEST(storage.calls == (std::vector<std::string>{"unpack", "put"}),
             boost::test_tools::per_element());
  BOOST_TEST(registry.find("f") == nullptr);
  BOOST_TEST(recorder.heard.empty());
  BOOST_TEST(job->finish()->status == 201);
  BOOST_TEST(registry.find("f") != nullptr);
  BOOST_TEST(storage.rows.at("f").revision_id == registry.find("f")->revision_id);
  BOOST_TEST(recorder.heard == std::vector<std::string>{"f created"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_large_body_is_read_off_the_loop) {
  Json body = creation("f", "PK" + std::string(100'000, 'x'));
  Answer answer = begin("POST", "/2015-03-31/functions", body.dump());
  auto& job = std::get<std::unique_ptr<Job>>(answer);
  BOOST_TEST(!registry.is_changing("f"));
  job->work();
  BOOST_TEST(storage.calls.empty());
  BOOST_TEST(!job->finish().has_value());
  BOOST_TEST(registry.is_changing("f"));
  job->work();
  BOOST_TEST(job->finish()->status == 201);
  BOOST_TEST(!registry.is_changing("f"));
}

BOOST_AUTO_TEST_CASE(new_code_is_in_progress_in_its_answer_and_successful_afterwards) {
  create("f");
  const std::string revision = registry.find("f")->revision_id;
  now_ms += 1'000;
  const HttpResponse response =
      call("PUT", kFunction + "/code", Json{{"ZipFile", base64_encode("PKtwo")}}.dump());
  BOOST_TEST(response.status == 200);
  const Json body = Json::parse(response.body);
  BOOST_TEST(body["State"] == "Active");
  BOOST_TEST(body["LastUpdateStatus"] == "InProgress");
  BOOST_TEST(body["LastUpdateStatusReasonCode"] == "Creating");
  BOOST_TEST(body["CodeSha256"] == "sha-two");
  BOOST_TEST(body["LastModified"] == "2024-01-02T03:04:06.678+0000");
  BOOST_TEST(body["RevisionId"] != revision);
  BOOST_TEST(get("f")["Configuration"]["LastUpdateStatus"] == "Successful");
  BOOST_TEST(get("f")["Configuration"]["RevisionId"] == body["RevisionId"]);
  BOOST_TEST(registry.find("f")->definition.code_directory == "/packages/id-two");
  BOOST_TEST(recorder.heard.back() == "f code");
}

BOOST_AUTO_TEST_CASE(a_dry_run_of_new_code_checks_and_changes_nothing) {
  create("f");
  const std::string revision = registry.find("f")->revision_id;
  storage.calls.clear();
  const Json body{{"ZipFile", base64_encode("PKtwo")}, {"DryRun", true}};
  const HttpResponse response = call("PUT", kFunction + "/code", body.dump());
  BOOST_TEST(response.status == 200);
  BOOST_TEST(Json::parse(response.body)["CodeSha256"] == "sha-two");
  BOOST_TEST(storage.calls == std::vector<std::string>{"check"}, boost::test_tools::per_element());
  BOOST_TEST(registry.find("f")->code_sha256 == "sha-one");
  BOOST_TEST(registry.find("f")->revision_id == revision);
  BOOST_TEST(recorder.heard.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_configuration_update_changes_what_it_names_only) {
  Json body = creation("f");
  body["Environment"]["Variables"] = Json{{"AA", "1"}};
  body["LoggingConfig"]["LogGroup"] = "/mine";
  call("POST", "/2015-03-31/functions", body.dump());
  const Json update{{"Timeout", 30}, {"TracingConfig", {{"Mode", "Active"}}}};
  const HttpResponse response = call("PUT", kFunction + "/configuration", update.dump());
  BOOST_TEST(response.status == 200);
  BOOST_TEST(Json::parse(response.body)["LastUpdateStatus"] == "InProgress");
  const Json configuration = get("f")["Configuration"];
  BOOST_TEST(configuration["Timeout"] == 30);
  BOOST_TEST(configuration["MemorySize"] == 128);
  BOOST_TEST(configuration["TracingConfig"]["Mode"] == "Active");
  BOOST_TEST(configuration["LoggingConfig"]["LogGroup"] == "/mine");
  BOOST_TEST(configuration["Environment"]["Variables"]["AA"] == "1");
  BOOST_TEST(recorder.heard.back() == "f configuration");
  call("PUT", kFunction + "/configuration", R"({"Environment":{}})");
  BOOST_TEST(!get("f")["Configuration"].contains("Environment"));
}

BOOST_AUTO_TEST_CASE(a_deleted_function_is_gone_everywhere) {
  create("f");
  const HttpResponse response = call("DELETE", kFunction);
  BOOST_TEST(response.status == 204);
  BOOST_TEST(response.body.empty());
  BOOST_TEST(storage.rows.empty());
  BOOST_TEST(registry.find("f") == nullptr);
  BOOST_TEST(recorder.heard.back() == "f removed");
  BOOST_TEST(call("GET", kFunction).status == 404);
  BOOST_TEST(create("f").status == 201);
}

BOOST_AUTO_TEST_CASE(a_qualifier_of_latest_is_shown_in_the_arn) {
  create("f");
  const Json body = Json::parse(call("GET", kFunction + "/configuration?Qualifier=%24LATEST").body);
  BOOST_TEST(body["FunctionArn"] == "arn:aws:lambda:us-east-1:123456789012:function:f:$LATEST");
}

BOOST_AUTO_TEST_CASE(functions_are_listed_by_name_in_pages_of_at_most_fifty) {
  for (int i = 0; i < 51; ++i) create("f" + std::to_string(100 + i));
  const Json first = Json::parse(call("GET", "/2015-03-31/functions").body);
  BOOST_TEST(first["Functions"].size() == 50U);
  BOOST_TEST(first["Functions"][0]["FunctionName"] == "f100");
  BOOST_TEST(!first["Functions"][0].contains("State"));
  BOOST_TEST(!first["Functions"][0].contains("LastUpdateStatus"));
  const std::string marker = first["NextMarker"];
  std::string encoded;  // a marker may hold '+' and '='
  for (const char c : marker) encoded += c == '+' ? "%2B" : c == '=' ? "%3D" : std::string{c};
  const Json second = Json::parse(call("GET", "/2015-03-31/functions?Marker=" + encoded).body);
  BOOST_TEST(second["Functions"].size() == 1U);
  BOOST_TEST(second["Functions"][0]["FunctionName"] == "f150");
  BOOST_TEST(!second.contains("NextMarker"));
  const Json two =
      Json::parse(call("GET", "/2015-03-31/functions/?MaxItems=2&FunctionVersion=ALL").body);
  BOOST_TEST(two["Functions"].size() == 2U);
  BOOST_TEST(two["Functions"][1]["FunctionArn"] ==
             "arn:aws:lambda:us-east-1:123456789012:function:f101:$LATEST");
  BOOST_TEST(
      Json::parse(call("GET", "/2015-03-31/functions?MaxItems=10000").body)["Functions"].size() ==
      50U);
}

BOOST_AUTO_TEST_CASE(an_empty_list_is_a_list) {
  BOOST_TEST(call("GET", "/2015-03-31/functions").body == R"({"Functions":[]})");
}

BOOST_AUTO_TEST_CASE(reserved_concurrency_is_put_read_and_deleted) {
  create("f");
  const std::string put = "/2017-10-31/functions/f/concurrency";
  const std::string read = "/2019-09-30/functions/f/concurrency";
  BOOST_TEST(call("GET", read).body == "{}");
  const HttpResponse response = call("PUT", put, R"({"ReservedConcurrentExecutions":1})");
  BOOST_TEST(response.status == 200);
  BOOST_TEST(response.body == R"({"ReservedConcurrentExecutions":1})");
  BOOST_TEST(call("GET", read).body == response.body);
  BOOST_TEST(get("f")["Concurrency"] == Json::parse(response.body));
  BOOST_TEST(storage.rows.at("f").definition.reserved_concurrency.value() == 1);
  BOOST_TEST(recorder.heard.back() == "f concurrency");
  BOOST_TEST(call("PUT", put, R"({"ReservedConcurrentExecutions":0})").body ==
             R"({"ReservedConcurrentExecutions":0})");
  BOOST_TEST(call("DELETE", put).status == 204);
  BOOST_TEST(call("GET", read).body == "{}");
}

BOOST_AUTO_TEST_CASE(a_hundred_of_the_account_stay_unreserved) {
  create("f");
  create("g");
  const auto put = [this](const char* name, int value) {
    return outcome(call("PUT", std::string{"/2017-10-31/functions/"} + name + "/concurrency",
                        Json{{"ReservedConcurrentExecutions", value}}.dump()));
  };
  BOOST_TEST(put("f", 900) == "200");
  BOOST_TEST(put("f", 901) ==
             "400 InvalidParameterValueException: Specified ReservedConcurrentExecutions for "
             "function decreases account's UnreservedConcurrentExecution below its minimum value "
             "of [100].");
  BOOST_TEST(put("g", 0) == "200");
  BOOST_TEST(put("g", 1).starts_with("400 "));
  const Json account = Json::parse(call("GET", "/2016-08-19/account-settings/").body);
  BOOST_TEST(account == Json::parse(R"({"AccountLimit":{"TotalCodeSize":80530636800,
    "CodeSizeUnzipped":262144000,"CodeSizeZipped":52428800,"ConcurrentExecutions":1000,
    "UnreservedConcurrentExecutions":100},
    "AccountUsage":{"TotalCodeSize":10,"FunctionCount":2}})"));
}

BOOST_AUTO_TEST_CASE(tags_are_added_listed_and_removed) {
  create("f");
  const std::string tags =
      "/2017-03-31/tags/arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Af";
  BOOST_TEST(call("GET", tags).body == R"({"Tags":{}})");
  BOOST_TEST(call("POST", tags, R"({"Tags":{"a":"1","b":"2","c":"3"}})").status == 204);
  BOOST_TEST(call("GET", tags).body == R"({"Tags":{"a":"1","b":"2","c":"3"}})");
  BOOST_TEST(call("DELETE", tags + "?tagKeys=a&tagKeys=c&tagKeys=none").status == 204);
  BOOST_TEST(call("GET", tags).body == R"({"Tags":{"b":"2"}})");
  BOOST_TEST(recorder.heard.back() == "f tags");
}

BOOST_AUTO_TEST_CASE(a_template_function_is_active_and_can_be_changed) {
  FunctionDefinition definition;
  definition.name = "t";
  definition.runtime = "nodejs20.x";
  definition.handler = "a.b";
  definition.code_directory = "/src";
  registry.put(make_template_function(definition, "11111111-1111-4111-8111-111111111111", now_ms),
               FunctionChange::kCreated);
  const Json configuration = get("t")["Configuration"];
  BOOST_TEST(configuration["State"] == "Active");
  BOOST_TEST(configuration["CodeSize"] == 0);
  BOOST_TEST(configuration["RevisionId"] == "11111111-1111-4111-8111-111111111111");
  BOOST_TEST(call("PUT", "/2015-03-31/functions/t/configuration", R"({"Timeout":9})").status ==
             200);
  BOOST_TEST((storage.rows.at("t").origin == store::FunctionOrigin::kTemplate));
  BOOST_TEST(outcome(create("t")) == "409 ResourceConflictException: Function already exist: t");
}

BOOST_AUTO_TEST_SUITE_END()
