// What the function operations refuse, with the service's words, and what a failing disk leaves
// behind.

#include <boost/test/unit_test.hpp>

#include "tests/unit/emulator/aws/control_plane_fixture.h"

namespace {

using namespace lambdarium;
using namespace lambdarium::aws;
using namespace lambdarium::aws::testing;

const std::string kFunction = "/2015-03-31/functions/f";
const std::string kOneError = "400 ValidationException: 1 validation error detected: ";
const std::string kInvalid = "400 InvalidParameterValueException: ";
const std::string kUnable =
    kInvalid +
    "Lambda was unable to configure your environment variables because the environment variables "
    "you have provided ";

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(aws_function_errors, ControlPlaneFixture)

BOOST_AUTO_TEST_CASE(numbers_are_checked_at_both_sides_of_each_edge) {
  struct Row {
    const char* member;
    int minimum, maximum;
    const char* field;
  };
  for (const Row& row :
       {Row{"Timeout", 1, 900, "timeout"}, Row{"MemorySize", 128, 10'240, "memorySize"}}) {
    BOOST_TEST(
        outcome(create_with(row.member, row.minimum - 1)) ==
        kOneError + "Value '" + std::to_string(row.minimum - 1) + "' at '" + row.field +
            "' failed to satisfy constraint: Member must have value greater than or equal to " +
            std::to_string(row.minimum));
    for (const int value : {row.minimum, row.maximum}) {
      BOOST_TEST(outcome(create_with(row.member, value)) == "201");
      call("DELETE", kFunction);
    }
  }
  BOOST_TEST(outcome(create_with("Timeout", 901)) ==
             kOneError +
                 "Value '901' at 'timeout' failed to satisfy constraint: Member must have "
                 "value less than or equal to 900");
  BOOST_TEST(outcome(create_with("MemorySize", 10'241)) ==
             kInvalid +
                 "'MemorySize' value failed to satisfy constraint: Member must have value "
                 "less than or equal to 10240");
  BOOST_TEST(contains(outcome(create_with("MemorySize", 32'769)), "less than or equal to 32768"));
  BOOST_TEST(contains(outcome(create_with("EphemeralStorage", Json{{"Size", 511}})),
                      "at 'ephemeralStorage.size'"));
  BOOST_TEST(contains(outcome(create_with("EphemeralStorage", Json{{"Size", 10'241}})),
                      "at 'ephemeralStorage.size'"));
}

BOOST_AUTO_TEST_CASE(names_roles_handlers_and_runtimes_are_checked) {
  BOOST_TEST(outcome(create_with("Role", "r1")) ==
             kOneError +
                 "Value 'r1' at 'role' failed to satisfy constraint: Member must satisfy "
                 "regular expression pattern: "
                 R"(arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+)");
  BOOST_TEST(contains(outcome(create_with("Role", "arn:aws:iam::12345678901:role/r")), "'role'"));
  BOOST_TEST(contains(outcome(create_with("FunctionName", "a b")), "at 'functionName'"));
  BOOST_TEST(contains(outcome(create_with("FunctionName", "a.b")), "at 'functionName'"));
  BOOST_TEST(contains(outcome(create_with("FunctionName", "")), "at 'functionName'"));
  BOOST_TEST(contains(outcome(create_with("FunctionName", std::string(141, 'a'))),
                      "length less than or equal to 140"));
  BOOST_TEST(outcome(create_with("FunctionName", std::string(65, 'a'))).starts_with(kInvalid));
  BOOST_TEST(outcome(create_with("FunctionName", std::string(64, 'a'))) == "201");
  BOOST_TEST(contains(outcome(create_with("Handler", "a b")), "at 'handler'"));
  BOOST_TEST(contains(outcome(create_with("Handler", std::string(129, 'h'))), "at 'handler'"));
  BOOST_TEST(
      contains(outcome(create_with("Description", std::string(257, 'd'))), "at 'description'"));
  const std::string runtime = outcome(create_with("Runtime", "python9"));
  BOOST_TEST(runtime.starts_with(kInvalid + "Value python9 at 'runtime' failed to satisfy "
                                            "constraint: Member must satisfy enum value set: ["));
  BOOST_TEST(runtime.ends_with("] or be a valid ARN"));
}

BOOST_AUTO_TEST_CASE(a_name_may_be_an_arn_of_this_region) {
  BOOST_TEST(outcome(create_with("FunctionName",
                                 "arn:aws:lambda:us-east-1:123456789012:function:f")) == "201");
  BOOST_TEST(registry.find("f") != nullptr);
  BOOST_TEST(
      outcome(create_with("FunctionName", "arn:aws:lambda:eu-west-1:123456789012:function:g")) ==
      "404 ResourceNotFoundException: Functions from 'eu-west-1' are not reachable in this "
      "region ('us-east-1')");
}

BOOST_AUTO_TEST_CASE(what_is_missing_is_named_all_at_once) {
  BOOST_TEST(outcome(call("POST", "/2015-03-31/functions", "{}")) ==
             "400 ValidationException: 3 validation errors detected: Value null at 'functionName' "
             "failed to satisfy constraint: Member must not be null; Value null at 'role' failed "
             "to satisfy constraint: Member must not be null; Value null at 'code' failed to "
             "satisfy constraint: Member must not be null");
  BOOST_TEST(outcome(create_with("Runtime", nullptr)) ==
             kInvalid +
                 "Runtime and Handler are mandatory parameters for functions created with "
                 "deployment packages.");
  BOOST_TEST(outcome(create_with("Code", Json::object())) ==
             kInvalid + "Please provide a source for function code.");
}

BOOST_AUTO_TEST_CASE(a_validation_error_has_a_message_and_no_type) {
  BOOST_TEST(Json::parse(create_with("Timeout", 0).body).size() == 1U);
  const Json conflict = Json::parse(create_with("Runtime", "x").body);
  BOOST_TEST(conflict["Type"] == "User");
}

BOOST_AUTO_TEST_CASE(enumerations_name_their_values) {
  BOOST_TEST(contains(outcome(create_with("Architectures", Json::array({"mips"}))),
                      "Value '[mips]' at 'architectures' failed to satisfy constraint: Member must "
                      "satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64], "
                      "Member must not be null]"));
  BOOST_TEST(contains(outcome(create_with("Architectures", Json::array({"x86_64", "arm64"}))),
                      "Value '[x86_64, arm64]' at 'architectures' failed to satisfy constraint: "
                      "Member must have length less than or equal to 1"));
  BOOST_TEST(contains(outcome(create_with("Architectures", Json::array())), "'architectures'"));
  BOOST_TEST(contains(outcome(create_with("PackageType", "Tar")), "[Zip, Image]"));
  BOOST_TEST(contains(outcome(create_with("TracingConfig", Json{{"Mode", "x"}})),
                      "at 'tracingConfig.mode'"));
  BOOST_TEST(contains(outcome(create_with("LoggingConfig", Json{{"LogFormat", "x"}})),
                      "at 'loggingConfig.logFormat'"));
  BOOST_TEST(contains(outcome(create_with("SnapStart", Json{{"ApplyOn", "x"}})),
                      "at 'snapStart.applyOn'"));
}

BOOST_AUTO_TEST_CASE(members_of_the_wrong_type_are_a_serialization_exception) {
  const std::string kSerialization = "400 SerializationException: ";
  BOOST_TEST(outcome(create_with("Timeout", "3")) ==
             kSerialization + "STRING_VALUE can not be converted to an Integer");
  BOOST_TEST(outcome(create_with("Timeout", 3.5)) ==
             kSerialization + "DECIMAL_VALUE can not be converted to an Integer");
  BOOST_TEST(outcome(create_with("Timeout", 99'999'999'999)).starts_with(kSerialization));
  BOOST_TEST(outcome(create_with("Handler", 1)) ==
             kSerialization + "NUMBER_VALUE can not be converted to a String");
  BOOST_TEST(outcome(create_with("Environment", "x")).starts_with(kSerialization));
  BOOST_TEST(outcome(create_with("Environment", Json{{"Variables", {{"AA", 1}}}}))
                 .starts_with(kSerialization));
  BOOST_TEST(outcome(create_with("Code", "x")).starts_with(kSerialization));
  BOOST_TEST(outcome(create_with("Layers", Json{{"a", 1}})).starts_with(kSerialization));
  BOOST_TEST(outcome(create_with("Code", Json{{"ZipFile", "***"}})).starts_with(kSerialization));
  BOOST_TEST(outcome(call("POST", "/2015-03-31/functions", "[]")).starts_with(kSerialization));
  BOOST_TEST(
      outcome(create_with("VpcConfig", Json::parse(std::string(70, '[') + std::string(70, ']'))))
          .starts_with(kSerialization));
  BOOST_TEST(outcome(call("POST", "/2015-03-31/functions", "{\"a\"")) ==
             "400 InvalidRequestContentException: Could not parse request body into json: "
             "Unexpected end of input at line 1, column 5");
}

BOOST_AUTO_TEST_CASE(environment_variables_have_names_and_four_kilobytes) {
  const auto with = [this](const std::string& name, const std::string& value) {
    return outcome(create_with("Environment", Json{{"Variables", {{name, value}}}}));
  };
  for (const char* name : {"A", "1A", "_A", "A-B", "A.B", ""}) {
    BOOST_TEST(contains(with(name, "v"), "at 'environment.variables' failed"), name);
  }
  BOOST_TEST(with("AWS_REGION", "x") ==
             kUnable +
                 "contains reserved keys that are currently not supported for modification. "
                 "Reserved keys used in this request: AWS_REGION");
  // {"AA":"…"} is nine bytes and the value.
  BOOST_TEST(with("AA", std::string(4'096 - 9, 'x')) == "201");
  call("DELETE", kFunction);
  BOOST_TEST(
      with("AA", std::string(4'096 - 8, 'x')).starts_with(kUnable + "exceeded the 4KB limit. "));
}

BOOST_AUTO_TEST_CASE(code_is_a_zip_in_the_request_and_nothing_else) {
  BOOST_TEST(outcome(create_with("Code", Json{{"ZipFile", base64_encode("no zip")}})) ==
             kInvalid +
                 "Could not unzip uploaded file. Please check your file, then try to upload "
                 "again.");
  BOOST_TEST(contains(outcome(create_with("Code", Json{{"S3Bucket", "b"}, {"S3Key", "k"}})),
                      "Amazon S3 is not served"));
  BOOST_TEST(contains(outcome(create_with("Code", Json{{"ImageUri", "u"}})), "not served"));
  BOOST_TEST(outcome(create_with("PackageType", "Image")).starts_with(kInvalid));
  BOOST_TEST(registry.find("f") == nullptr);
  BOOST_TEST(!registry.is_changing("f"));
}

BOOST_AUTO_TEST_CASE(a_zip_over_fifty_megabytes_is_413) {
  const std::string zip = "PK" + std::string(static_cast<std::size_t>(kZippedBytesMax) - 1, 'x');
  const HttpResponse response = call("POST", "/2015-03-31/functions", creation("f", zip).dump());
  BOOST_TEST(outcome(response) ==
             "413 RequestEntityTooLargeException: Zipped size must be smaller "
             "than 52428800 bytes");
  BOOST_TEST(Json::parse(response.body).size() == 1U);
}

BOOST_AUTO_TEST_CASE(layers_do_not_exist) {
  BOOST_TEST(outcome(create_with("Layers", Json::array({"arn:l:1"}))) ==
             kInvalid + "Layer version arn:l:1 does not exist.");
  BOOST_TEST(outcome(create_with("Layers", Json(std::vector<std::string>(6, "a")))) ==
             kInvalid + "Cannot reference more than 5 layers.");
  BOOST_TEST(outcome(create_with("Layers", Json::array())) == "201");
}

BOOST_AUTO_TEST_CASE(a_name_is_taken_once_also_while_the_first_is_being_made) {
  const std::string taken = "409 ResourceConflictException: Function already exist: f";
  Answer first = begin("POST", "/2015-03-31/functions", creation("f").dump());
  BOOST_TEST(outcome(create("f")) == taken);
  BOOST_TEST(complete(std::move(first)).status == 201);
  BOOST_TEST(outcome(create("f")) == taken);
}

BOOST_AUTO_TEST_CASE(a_second_change_is_refused_while_one_is_on_its_way) {
  create("f");
  Answer first = begin("PUT", kFunction + "/configuration", R"({"Timeout":5})");
  BOOST_TEST(
      outcome(call("PUT", kFunction + "/configuration", R"({"Timeout":6})")) ==
      "409 ResourceConflictException: The operation cannot be performed at this time. An "
      "update is in progress for resource: arn:aws:lambda:us-east-1:123456789012:function:f");
  BOOST_TEST(outcome(call("DELETE", kFunction)).starts_with("409 "));
  BOOST_TEST(complete(std::move(first)).status == 200);
  BOOST_TEST(registry.find("f")->definition.timeout_s == 5);
  BOOST_TEST(call("DELETE", kFunction).status == 204);
}

BOOST_AUTO_TEST_CASE(a_dropped_job_leaves_everything_as_it_was) {
  create("f");
  { const Answer dropped = begin("PUT", kFunction + "/configuration", R"({"Timeout":5})"); }
  BOOST_TEST(registry.find("f")->definition.timeout_s == 3);
  BOOST_TEST(call("PUT", kFunction + "/configuration", R"({"Timeout":6})").status == 200);
}

BOOST_AUTO_TEST_CASE(a_failing_disk_is_a_service_exception_and_changes_nothing) {
  create("f");
  storage.put_error = "state.sqlite: disk full";
  const HttpResponse response = call("PUT", kFunction + "/configuration", R"({"Timeout":5})");
  BOOST_TEST(outcome(response) == "500 ServiceException: state.sqlite: disk full");
  BOOST_TEST(Json::parse(response.body)["Type"] == "Service");
  BOOST_TEST(outcome(create("g")).starts_with("500 "));
  BOOST_TEST(outcome(call("DELETE", kFunction)).starts_with("500 "));
  BOOST_TEST(registry.find("f")->definition.timeout_s == 3);
  BOOST_TEST(registry.find("g") == nullptr);
  BOOST_TEST(recorder.heard.size() == 1U);
  storage.put_error.clear();
  BOOST_TEST(create("g").status == 201);
}

BOOST_AUTO_TEST_CASE(a_stale_revision_id_is_a_failed_precondition) {
  create("f");
  const std::string stale =
      "412 PreconditionFailedException: The Revision Id provided does not match the latest "
      "Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id";
  BOOST_TEST(outcome(call("PUT", kFunction + "/code",
                          Json{{"ZipFile", base64_encode("PKtwo")}, {"RevisionId", "x"}}.dump())) ==
             stale);
  BOOST_TEST(outcome(call("PUT", kFunction + "/configuration", R"({"RevisionId":"x"})")) == stale);
  const Json good{{"RevisionId", registry.find("f")->revision_id}, {"Timeout", 4}};
  BOOST_TEST(call("PUT", kFunction + "/configuration", good.dump()).status == 200);
}

BOOST_AUTO_TEST_CASE(functions_that_do_not_exist_are_404_with_a_capital_message) {
  const std::string arn = "arn:aws:lambda:us-east-1:123456789012:function:f";
  for (const auto& [method, target] : {std::pair{"GET", kFunction},
                                       {"GET", kFunction + "/configuration"},
                                       {"DELETE", kFunction},
                                       {"PUT", kFunction + "/configuration"},
                                       {"GET", "/2019-09-30/functions/f/concurrency"},
                                       {"DELETE", "/2017-10-31/functions/f/concurrency"},
                                       {"GET", "/2017-03-31/tags/" + arn}}) {
    const HttpResponse response = call(method, target);
    BOOST_TEST(outcome(response) == "404 ResourceNotFoundException: Function not found: " + arn);
    BOOST_TEST(Json::parse(response.body)["Type"] == "User");
    BOOST_TEST(Json::parse(response.body).contains("Message"));
  }
  create("f");
  BOOST_TEST(outcome(call("GET", kFunction + "?Qualifier=7")) ==
             "404 ResourceNotFoundException: Function not found: " + arn + ":7");
}

BOOST_AUTO_TEST_CASE(deletion_says_what_is_wrong_with_a_qualifier) {
  create("f");
  BOOST_TEST(outcome(call("DELETE", kFunction + "?Qualifier=%24LATEST")) ==
             kInvalid + "$LATEST version cannot be deleted without deleting the function.");
  BOOST_TEST(outcome(call("DELETE", kFunction + ":live")) ==
             kInvalid + "Deletion of aliases is not currently supported.");
  BOOST_TEST(outcome(call("DELETE", kFunction + "?Qualifier=03")).starts_with("404 "));
  BOOST_TEST(registry.find("f") != nullptr);
  BOOST_TEST(!registry.is_changing("f"));
}

BOOST_AUTO_TEST_CASE(listing_refuses_what_it_cannot_mean) {
  const auto list = [this](const char* query) {
    return outcome(call("GET", std::string{"/2015-03-31/functions?"} + query));
  };
  BOOST_TEST(contains(list("MaxItems=0"), "at 'maxItems'"));
  BOOST_TEST(contains(list("MaxItems=10001"), "at 'maxItems'"));
  BOOST_TEST(contains(list("MaxItems=x"), "SerializationException"));
  BOOST_TEST(contains(list("FunctionVersion=1"), "enum value set: [ALL]"));
  BOOST_TEST(contains(list("Marker=***"), "Invalid Marker"));
}

BOOST_AUTO_TEST_CASE(reserved_concurrency_is_a_number_of_an_unqualified_function) {
  create("f");
  const auto put = [this](const char* name, const char* body) {
    return outcome(
        call("PUT", std::string{"/2017-10-31/functions/"} + name + "/concurrency", body));
  };
  BOOST_TEST(contains(put("f", "{}"), "Value null at 'reservedConcurrentExecutions'"));
  BOOST_TEST(
      contains(put("f", R"({"ReservedConcurrentExecutions":-1})"), "greater than or equal to 0"));
  BOOST_TEST(put("f:live", R"({"ReservedConcurrentExecutions":1})") ==
             kInvalid +
                 "This operation is permitted on Lambda functions only. Aliases and "
                 "versions do not support this operation. Please specify either a function "
                 "name or an unqualified function ARN.");
}

BOOST_AUTO_TEST_CASE(tags_have_an_arn_a_limit_and_something_in_them) {
  create("f");
  const std::string arn = "arn:aws:lambda:us-east-1:123456789012:function:f";
  const std::string tags = "/2017-03-31/tags/" + arn;
  BOOST_TEST(contains(outcome(call("GET", "/2017-03-31/tags/f")), "at 'resource'"));
  BOOST_TEST(outcome(call("GET", tags + ":1")) ==
             kInvalid +
                 "Tags on function aliases and versions are not supported. Please specify a "
                 "function ARN.");
  BOOST_TEST(outcome(call("POST", tags, R"({"Tags":{}})")).starts_with(kInvalid));
  BOOST_TEST(contains(outcome(call("POST", tags, "{}")), "Value null at 'tags'"));
  BOOST_TEST(contains(outcome(call("DELETE", tags)), "Value null at 'tagKeys'"));
  Json many;
  for (int i = 0; i < 50; ++i) many["Tags"]["k" + std::to_string(i)] = "v";
  BOOST_TEST(outcome(call("POST", tags, many.dump())) == "204");
  BOOST_TEST(outcome(call("POST", tags, R"({"Tags":{"one":"more"}})")) ==
             kInvalid + "Number of tags exceeds resource tag limit.");
  BOOST_TEST(outcome(call("POST", tags, R"({"Tags":{"k1":"new"}})")) == "204");
}

BOOST_AUTO_TEST_CASE(operations_that_are_not_served_say_so_and_unknown_ones_too) {
  const HttpResponse response = call("GET", "/2020-04-22/code-signing-configs");
  BOOST_TEST(outcome(response) ==
             "501 NotImplementedException: The operation ListCodeSigningConfigs is not "
             "served by this version of Lambdarium");
  BOOST_TEST(outcome(call("GET", "/2015-03-31/nonsense")) ==
             "404 UnknownOperationException: Unable to find an operation of Lambda for GET "
             "/2015-03-31/nonsense");
  BOOST_TEST(call("PATCH", kFunction).status == 404);
}

BOOST_AUTO_TEST_SUITE_END()
