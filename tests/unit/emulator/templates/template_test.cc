#include "emulator/templates/template.h"

#include <boost/test/unit_test.hpp>

#include "tests/unit/emulator/templates/template_fixture.h"

namespace lambdarium::templates {
namespace {

using testing::python_function;
using testing::TemplateFixture;

constexpr const char* kHeader = "Transform: AWS::Serverless-2016-10-31\n";

BOOST_FIXTURE_TEST_SUITE(template_functions, TemplateFixture)

BOOST_AUTO_TEST_CASE(a_function_is_read_with_all_its_properties) {
  const auto report =
      load(python_function("      FunctionName: my-fn\n"
                           "      Description: says hello\n"
                           "      MemorySize: 512\n"
                           "      Timeout: 30\n"
                           "      Architectures: [arm64]\n"
                           "      EphemeralStorage: {Size: 1024}\n"
                           "      ReservedConcurrentExecutions: 5\n"
                           "      Role: arn:aws:iam::123456789012:role/mine\n"
                           "      Tags: {team: x}\n"
                           "      Environment:\n"
                           "        Variables:\n"
                           "          NAME: value\n"
                           "          COUNT: 12\n"));
  BOOST_TEST(errors(report) == "");
  BOOST_TEST(notes(report) == "");
  BOOST_REQUIRE(report.functions.size() == 1U);
  const FunctionDefinition& f = report.functions[0];
  BOOST_TEST(f.name == "my-fn");
  BOOST_TEST(f.runtime == "python3.12");
  BOOST_TEST(f.handler == "app.handler");
  BOOST_TEST(f.description == "says hello");
  BOOST_TEST(f.memory_mb == 512);
  BOOST_TEST(f.timeout_s == 30);
  BOOST_TEST(f.architecture == "arm64");
  BOOST_TEST(f.ephemeral_mb == 1024);
  BOOST_TEST(*f.reserved_concurrency == 5);
  BOOST_TEST(f.role == "arn:aws:iam::123456789012:role/mine");
  BOOST_TEST(f.tags.at("team") == "x");
  BOOST_TEST(f.environment.at("NAME") == "value");
  BOOST_TEST(f.environment.at("COUNT") == "12");
  BOOST_TEST(f.code_directory == (folder / "py").string());
  BOOST_TEST(f.where.line == 3);
  BOOST_TEST(f.where.column == 3);
  BOOST_TEST(f.where.file == (folder / "template.yaml").string());
  BOOST_TEST(report.apis.empty());
}

BOOST_AUTO_TEST_CASE(the_log_format_and_its_levels_are_read) {
  const auto report =
      load(python_function("      LoggingConfig:\n"
                           "        LogFormat: JSON\n"
                           "        ApplicationLogLevel: WARN\n"
                           "        SystemLogLevel: DEBUG\n"
                           "        LogGroup: mine\n"));
  BOOST_TEST(errors(report) == "");
  BOOST_TEST(notes(report) == "");
  BOOST_REQUIRE(report.functions.size() == 1U);
  const LoggingSettings& logging = report.functions[0].logging;
  BOOST_TEST(logging.json);
  BOOST_TEST(logging.application_level == "WARN");
  BOOST_TEST(logging.system_level == "DEBUG");
  BOOST_TEST(logging.group == "mine");
  BOOST_TEST(
      errors(load(python_function("      LoggingConfig: {LogFormat: Jason}\n"))).find("Jason") !=
      std::string::npos);
  BOOST_TEST(errors(load(python_function("      LoggingConfig: {SystemLogLevel: TRACE}\n")))
                 .find("TRACE") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_is_left_out_has_lambdas_defaults) {
  const auto report = load(python_function(""));
  BOOST_REQUIRE(report.ok());
  const FunctionDefinition& f = report.functions[0];
  BOOST_TEST(f.name == "F");
  BOOST_TEST(f.memory_mb == 128);
  BOOST_TEST(f.timeout_s == 3);
  BOOST_TEST(f.ephemeral_mb == 512);
  BOOST_TEST(f.architecture == "x86_64");
  BOOST_TEST(!f.reserved_concurrency.has_value());
}

BOOST_AUTO_TEST_CASE(a_json_template_is_read_too) {
  const auto report = load(R"({
  "Transform": "AWS::Serverless-2016-10-31",
	"Resources": {
    "F": {"Type": "AWS::Serverless::Function", "Properties": {
      "Runtime": "nodejs20.x", "Handler": "index.handler", "CodeUri": "js\/",
      "Description": "\ud83d\ude00 \u00e4",
      "Environment": {"Variables": {"B": true, "A": {"Fn::Sub": "${AWS::Region}!"},
        "AB": {"Ref": "AWS::Region"}}}}}}})");
  // One-letter names are refused by AWS, so this also shows positions in JSON.
  BOOST_TEST(errors(report) ==
             "7:37: the environment variable 'B' must start with a letter and go on with letters, "
             "digits and '_'\n"
             "7:48: the environment variable 'A' must start with a letter and go on with letters, "
             "digits and '_'\n");
  BOOST_REQUIRE(report.functions.size() == 1U);
  BOOST_TEST(report.functions[0].description == "😀 ä");
  BOOST_TEST(report.functions[0].environment.at("AB") == "us-east-1");
}

BOOST_AUTO_TEST_CASE(globals_are_merged_maps_by_key_and_the_functions_own_values_win) {
  const auto report = load(std::string{kHeader} +
                           "Globals:\n"
                           "  Function:\n"
                           "    Runtime: python3.12\n"
                           "    MemorySize: 256\n"
                           "    Timeout: 9\n"
                           "    Environment: {Variables: {AA: global, BB: global}}\n"
                           "    Tags: {one: g}\n"
                           "Resources:\n"
                           "  F:\n"
                           "    Type: AWS::Serverless::Function\n"
                           "    Properties:\n"
                           "      CodeUri: py\n"
                           "      Handler: app.handler\n"
                           "      Timeout: 10\n"
                           "      Environment: {Variables: {BB: own, CC: own}}\n"
                           "  G:\n"
                           "    Type: AWS::Serverless::Function\n"
                           "    IgnoreGlobals: [MemorySize]\n"
                           "    Properties: {CodeUri: py, Handler: app.handler}\n");
  BOOST_TEST(errors(report) == "");
  BOOST_REQUIRE(report.functions.size() == 2U);
  const FunctionDefinition& f = report.functions[0];
  BOOST_TEST(f.memory_mb == 256);
  BOOST_TEST(f.timeout_s == 10);
  BOOST_TEST(f.environment.at("AA") == "global");
  BOOST_TEST(f.environment.at("BB") == "own");
  BOOST_TEST(f.environment.at("CC") == "own");
  BOOST_TEST(f.tags.at("one") == "g");
  BOOST_TEST(report.functions[1].memory_mb == 128);
  BOOST_TEST(report.functions[1].timeout_s == 9);
}

BOOST_AUTO_TEST_CASE(a_mistake_in_globals_is_reported_once_at_its_place) {
  const auto report = load(std::string{kHeader} +
                           "Globals:\n"
                           "  Function: {MemorySize: 64, Runtim: python3.12}\n"
                           "Resources:\n"
                           "  F: {Type: AWS::Serverless::Function, Properties: {Runtime: "
                           "python3.12, CodeUri: py, Handler: app.handler}}\n"
                           "  G: {Type: AWS::Serverless::Function, Properties: {Runtime: "
                           "python3.12, CodeUri: py, Handler: app.handler}}\n");
  BOOST_TEST(errors(report) ==
             "3:26: MemorySize 64 is outside 128..10240 MB\n"
             "3:30: unknown property of Globals.Function 'Runtim'; did you mean 'Runtime'?\n");
}

BOOST_AUTO_TEST_CASE(all_errors_are_collected_with_their_places) {
  const auto report = load(
      "AWSTemplateFormatVersion: 2010-09-10\n"
      "Transform: AWS::Serverless-2016-10-31\n"
      "Resouces: {}\n"
      "Resources:\n"
      "  Hello:\n"
      "    Type: AWS::Serverless::Function\n"
      "    Propertys: {}\n"
      "    Properties:\n"
      "      Runtime: python3.21\n"
      "      CodeUri: nowhere/\n"
      "      Handlr: app.handler\n"
      "      Timeout: 901\n"
      "      MemorySize: 127\n"
      "  Bad-Id:\n"
      "    Type: AWS::Serverless::Funktion\n"
      "  None: {}\n");
  BOOST_TEST(
      errors(report) ==
      "1:27: AWSTemplateFormatVersion '2010-09-10' is not known; there is only '2010-09-09'\n"
      "3:1: unknown key of a template 'Resouces'; did you mean 'Resources'?\n"
      "5:3: the function 'Hello' has no Handler\n"
      "7:5: unknown key of a resource 'Propertys'; did you mean 'Properties'?\n"
      "9:16: unknown runtime 'python3.21'; did you mean 'python3.11'?\n"
      "10:16: CodeUri 'nowhere/': " +
          (folder / "nowhere").string() +
          " does not exist\n"
          "11:7: unknown property of AWS::Serverless::Function 'Handlr'; did you mean 'Handler'?\n"
          "12:16: Timeout 901 is outside 1..900 seconds\n"
          "13:19: MemorySize 127 is outside 128..10240 MB\n"
          "14:3: the logical id 'Bad-Id' must be letters and digits\n"
          "15:11: unknown resource type 'AWS::Serverless::Funktion'; did you mean "
          "'AWS::Serverless::Function'?\n"
          "16:3: the resource 'None' has no Type\n");
}

BOOST_AUTO_TEST_CASE(ranges_hold_on_both_sides_of_their_edges) {
  const auto good = [this](const std::string& line) {
    return errors(load(python_function("      " + line + "\n")));
  };
  BOOST_TEST(good("MemorySize: 128") == "");
  BOOST_TEST(good("MemorySize: 10240") == "");
  BOOST_TEST(good("MemorySize: 10241") == "8:19: MemorySize 10241 is outside 128..10240 MB\n");
  BOOST_TEST(good("Timeout: 1") == "");
  BOOST_TEST(good("Timeout: 900") == "");
  BOOST_TEST(good("Timeout: 0") == "8:16: Timeout 0 is outside 1..900 seconds\n");
  BOOST_TEST(good("Timeout: -1") == "8:16: Timeout -1 is outside 1..900 seconds\n");
  BOOST_TEST(good("Timeout: 99999999999999999999") ==
             "8:16: Timeout 99999999999999999999 is outside 1..900 seconds\n");
  BOOST_TEST(good("EphemeralStorage: {Size: 512}") == "");
  BOOST_TEST(good("EphemeralStorage: {Size: 511}") == "8:32: Size 511 is outside 512..10240 MB\n");
  BOOST_TEST(good("EphemeralStorage: {Sise: 512}") ==
             "8:7: EphemeralStorage has no Size\n"
             "8:26: unknown key of EphemeralStorage 'Sise'; did you mean 'Size'?\n");
  BOOST_TEST(good("ReservedConcurrentExecutions: 0") == "");
  BOOST_TEST(good("FunctionName: " + std::string(64, 'n')) == "");
  BOOST_TEST(good("FunctionName: " + std::string(65, 'n')) != "");
  BOOST_TEST(good("FunctionName: a.b") ==
             "8:21: FunctionName 'a.b' must be 1 to 64 letters, digits, '-' and '_'\n");
}

BOOST_AUTO_TEST_CASE(values_of_the_wrong_kind_are_refused) {
  const auto good = [this](const std::string& line) {
    return errors(load(python_function("      " + line + "\n")));
  };
  BOOST_TEST(good("MemorySize: yes") == "8:19: MemorySize 'yes' is not a whole number\n");
  BOOST_TEST(good("MemorySize: 128.5") == "8:19: MemorySize '128.5' is not a whole number\n");
  BOOST_TEST(good("MemorySize: '256'") == "");
  BOOST_TEST(
      good("MemorySize: 0256") ==
      "8:19: MemorySize '0256' starts with a zero, which YAML reads as octal; write it without\n");
  BOOST_TEST(good("MemorySize: [1]") == "8:7: MemorySize must be a number, not a list\n");
  BOOST_TEST(good("MemorySize:") == "8:7: MemorySize must be a number, not nothing\n");
  BOOST_TEST(good("Description: {a: b}") == "8:7: Description must be a text, not a map\n");
  BOOST_TEST(good("Environment: text") == "8:7: Environment must be a map, not a text\n");
  BOOST_TEST(good("Environment: {Variables: [a]}") ==
             "8:21: Variables must be a map, not a list\n");
  BOOST_TEST(good("Environment: {Variable: {}}") ==
             "8:21: unknown key of Environment 'Variable'; did you mean 'Variables'?\n");
  BOOST_TEST(good("Environment: {Variables: {NULL_ONE: }}") ==
             "8:33: NULL_ONE must be a text, not nothing\n");
  BOOST_TEST(good("Architectures: [arm65]") ==
             "8:23: unknown architecture 'arm65'; did you mean 'arm64'?\n");
  BOOST_TEST(good("Architectures: [arm64, x86_64]") ==
             "8:7: Architectures has 2 items; exactly one is allowed\n");
  BOOST_TEST(good("Architectures: arm64") == "8:7: Architectures must be a list, not a text\n");
}

BOOST_AUTO_TEST_CASE(texts_that_yaml_reads_otherwise_are_read_as_aws_does_with_a_note) {
  const auto report =
      load(python_function("      Environment:\n"
                           "        Variables:\n"
                           "          FLAG: yes\n"
                           "          OFF_FLAG: Off\n"
                           "          QUOTED: 'yes'\n"
                           "          TRUE_ONE: True\n"
                           "          OCTAL: 010\n"
                           "          ACCOUNT: 098765432109\n"
                           "          DECIMAL: 1.50\n"
                           "          STR: !!str 010\n"));
  BOOST_TEST(errors(report) == "");
  BOOST_TEST(notes(report) ==
             "10:17: YAML reads yes as true; put it in quotes if the text is meant\n"
             "11:21: YAML reads Off as false; put it in quotes if the text is meant\n"
             "14:18: YAML reads 010 as 8; put it in quotes if the text is meant\n");
  const auto& environment = report.functions.at(0).environment;
  BOOST_TEST(environment.at("FLAG") == "true");
  BOOST_TEST(environment.at("OFF_FLAG") == "false");
  BOOST_TEST(environment.at("QUOTED") == "yes");
  BOOST_TEST(environment.at("TRUE_ONE") == "true");
  BOOST_TEST(environment.at("OCTAL") == "8");
  BOOST_TEST(environment.at("ACCOUNT") == "098765432109");
  BOOST_TEST(environment.at("DECIMAL") == "1.50");
  BOOST_TEST(environment.at("STR") == "010");
}

BOOST_AUTO_TEST_CASE(the_environment_is_limited_to_4_kb) {
  const auto with = [this](std::size_t bytes) {
    return errors(load(python_function(
        "      Environment: {Variables: {KEY: " + std::string(bytes, 'x') + "}}\n")));
  };
  BOOST_TEST(with(4'093) == "");
  BOOST_TEST(with(4'094) ==
             "8:21: the environment variables of 'F' take 4097 bytes; at most 4096 are allowed\n");
}

BOOST_AUTO_TEST_CASE(what_is_not_served_is_noted_and_never_dropped_in_silence) {
  const auto report = load(
      python_function("      Layers: [arn:x]\n"
                      "      Policies: AmazonS3FullAccess\n"
                      "      Role: !GetAtt Table.Arn\n"
                      "      Events:\n"
                      "        Timer: {Type: Schedule, Properties: {Schedule: rate(1 minute)}}\n"
                      "        Rest:\n"
                      "          Type: Api\n"
                      "          Properties: {Path: /x, Method: get}\n") +
      "  Table:\n"
      "    Type: AWS::DynamoDB::Table\n");
  BOOST_TEST(errors(report) == "");
  BOOST_TEST(
      notes(report) ==
      "8:7: Layers of AWS::Serverless::Function has no effect here yet\n"
      "9:7: Policies of AWS::Serverless::Function has no effect here yet\n"
      "10:7: Role 'Table.Arn' is no role's ARN; 'arn:aws:iam::000000000000:role/lambdarium' is "
      "shown instead\n"
      "10:13: the attribute Table.Arn is not known here; the text 'Table.Arn' stands for it\n"
      "12:9: the event 'Timer' of 'F' is left out: events of type Schedule are not served yet\n"
      "13:9: the event 'Rest' of 'F' is left out: events of type Api are not served yet\n"
      "17:3: 'Table' is left out: AWS::DynamoDB::Table is not served here yet\n");
  BOOST_TEST(report.functions.size() == 1U);
  BOOST_TEST(report.apis.empty());
}

BOOST_AUTO_TEST_CASE(functions_given_in_ways_that_are_not_served_are_left_out_with_their_routes) {
  const auto report =
      load(std::string{kHeader} +
           "Resources:\n"
           "  A: {Type: AWS::Serverless::Function, Properties: {PackageType: Image, ImageUri: x}}\n"
           "  B: {Type: AWS::Serverless::Function, Properties: {InlineCode: 'x', Runtime: "
           "python3.12, Handler: index.h}}\n"
           "  C: {Type: AWS::Serverless::Function, Properties: {CodeUri: s3://b/k, Runtime: "
           "python3.12, Handler: index.h}}\n"
           "  D:\n"
           "    Type: AWS::Serverless::Function\n"
           "    Properties:\n"
           "      CodeUri: {Bucket: b, Key: k}\n"
           "      Runtime: python3.12\n"
           "      Handler: index.h\n"
           "      Events: {E: {Type: HttpApi}}\n");
  BOOST_TEST(errors(report) == "");
  BOOST_TEST(
      notes(report) ==
      "3:53: the function 'A' is left out: container images are not served here yet\n"
      "4:53: the function 'B' is left out: InlineCode is not served here yet; put the code into a "
      "folder and name it with CodeUri\n"
      "5:53: the function 'C' is left out: its code is in a bucket, which is not reached from "
      "here\n"
      "9:7: the function 'D' is left out: its code is in a bucket, which is not reached from here\n"
      "12:16: the route '$default' is left out with its function 'D'\n");
  BOOST_TEST(report.functions.empty());
}

BOOST_AUTO_TEST_CASE(two_functions_of_one_name_are_refused) {
  const auto report = load(python_function("      FunctionName: G\n") +
                           "  G: {Type: AWS::Serverless::Function, Properties: {Runtime: "
                           "python3.12, CodeUri: py, Handler: app.handler}}\n");
  BOOST_TEST(errors(report) == "10:3: the function name 'G' is taken by the function on line 3\n");
}

BOOST_AUTO_TEST_CASE(the_transform_is_asked_for) {
  const auto report = load(
      "Resources:\n  F: {Type: AWS::Serverless::Function, Properties: {Runtime: python3.12, "
      "CodeUri: py, Handler: app.handler}}\n");
  BOOST_TEST(errors(report) ==
             "1:1: 'Transform: AWS::Serverless-2016-10-31' is missing, which makes the "
             "AWS::Serverless resources of this template work\n");
  BOOST_TEST(errors(load("Transform: AWS::Serverless-2016-10-30\nResources: {}\n")) ==
             "1:12: Transform 'AWS::Serverless-2016-10-30' is not known; there is only "
             "'AWS::Serverless-2016-10-31'\n");
  const auto two =
      load("Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31]\nResources: {}\n");
  BOOST_TEST(errors(two) == "");
  BOOST_TEST(notes(two) == "1:13: the transform 'AWS::LanguageExtensions' is not applied here\n");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(template_code, TemplateFixture)

BOOST_AUTO_TEST_CASE(handlers_of_every_runtime_are_found) {
  folder.write("pkg/sub/mod.py", "");
  folder.write("pkg/package/__init__.py", "");
  folder.write("pkg/native.cpython-312-x86_64-linux-gnu.so", "");
  folder.write("pkg/dir/main.mjs", "");
  folder.write("pkg/other.cjs", "");
  const auto found = [this](const std::string& runtime, const std::string& handler) {
    FunctionDefinition definition;
    definition.runtime = runtime;
    definition.handler = handler;
    definition.code_directory = (folder / "pkg").string();
    const Status status = check_handler(definition);
    return status.ok() ? std::string{} : status.error().message;
  };
  const std::string where = " in " + (folder / "pkg").string();
  BOOST_TEST(found("python3.12", "sub/mod.handler") == "");
  BOOST_TEST(found("python3.12", "sub.mod.handler") == "");
  BOOST_TEST(found("python3.12", "package.handler") == "");
  BOOST_TEST(found("python3.12", "native.handler") == "");
  BOOST_TEST(found("python3.12", "none.handler") ==
             "Handler 'none.handler': there is no none.py" + where);
  BOOST_TEST(found("python3.12", "sub/none.handler") ==
             "Handler 'sub/none.handler': there is no sub/none.py" + where);
  BOOST_TEST(found("python3.12", "handler") ==
             "Handler 'handler' must be file.function, for example 'app.handler'");
  BOOST_TEST(found("python3.12", "app.") ==
             "Handler 'app.' must be file.function, for example 'app.handler'");
  BOOST_TEST(found("nodejs20.x", "dir/main.handler") == "");
  BOOST_TEST(found("nodejs20.x", "dir/main.nested.handler") == "");
  BOOST_TEST(found("nodejs20.x", "other.handler") == "");
  BOOST_TEST(found("nodejs20.x", "index.handler") ==
             "Handler 'index.handler': there is no index.js, index.mjs or index.cjs" + where);
  BOOST_TEST(found("nodejs20.x", "../js/index.handler") ==
             "Handler '../js/index.handler' leaves the code's folder");
  BOOST_TEST(found("nodejs20.x", "handler") ==
             "Handler 'handler' must be file.function, for example 'index.handler'");
  folder.write("pkg/index.ts", "");
  BOOST_TEST(found("nodejs20.x", "index.handler") ==
             "Handler 'index.handler': there is no index.js, index.mjs or index.cjs (but index.ts: "
             "build it first)" +
                 where);
  BOOST_TEST(found("provided.al2023", "x") ==
             "there is no file 'bootstrap' in " + (folder / "pkg").string() +
                 "; it is what a provided runtime starts (has it been built?)");
  folder.write("pkg/bootstrap", "");
  std::filesystem::permissions(folder / "pkg/bootstrap", std::filesystem::perms::owner_read);
  BOOST_TEST(found("provided.al2023", "x") ==
             (folder / "pkg/bootstrap").string() + " is not executable; run chmod +x on it");
  std::filesystem::permissions(folder / "pkg/bootstrap", std::filesystem::perms::owner_all);
  BOOST_TEST(found("provided.al2023", "x") == "");
}

BOOST_AUTO_TEST_CASE(a_missing_handler_is_an_error_at_its_line) {
  BOOST_TEST(errors(load(python_function("      Handler: wrong.handler\n"))) ==
             "8:16: Handler 'wrong.handler': there is no wrong.py in " + (folder / "py").string() +
                 "\n");
  TemplateOptions options;
  options.check_files = false;
  BOOST_TEST(errors(load(python_function("      Handler: wrong.handler\n"), options)) == "");
}

BOOST_AUTO_TEST_CASE(a_layer_may_bring_the_handler) {
  const auto report = load(python_function("      Handler: wrong.handler\n      Layers: [x]\n"));
  BOOST_TEST(errors(report) == "");
  BOOST_TEST(report.notes.size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_zip_as_code_is_unpacked_by_the_caller) {
  folder.write("code.zip", "zip");
  const std::string text =
      "Transform: AWS::Serverless-2016-10-31\nResources:\n  F:\n    Type: "
      "AWS::Serverless::Function\n"
      "    Properties: {Runtime: python3.12, Handler: app.handler, CodeUri: code.zip}\n";
  BOOST_TEST(errors(load(text)) ==
             "5:70: CodeUri 'code.zip': " + (folder / "code.zip").string() + " is not a folder\n");
  TemplateOptions options;
  options.unpack = [this](const std::filesystem::path& zip) -> Result<std::filesystem::path> {
    if (zip != folder / "code.zip") return invalid_input("another file");
    return folder / "py";
  };
  const auto report = load(text, options);
  BOOST_TEST(errors(report) == "");
  BOOST_TEST(report.functions.at(0).code_directory == (folder / "py").string());
  options.unpack = [](const std::filesystem::path&) -> Result<std::filesystem::path> {
    return invalid_input("broken");
  };
  BOOST_TEST(errors(load(text, options)) == "5:70: CodeUri 'code.zip': broken\n");
}

BOOST_AUTO_TEST_CASE(a_missing_bootstrap_asks_whether_it_was_built) {
  const auto report = load(
      "Transform: AWS::Serverless-2016-10-31\nResources:\n  F:\n    Type: "
      "AWS::Serverless::Function\n"
      "    Properties: {Runtime: provided.al2023, Handler: bootstrap, CodeUri: build/}\n");
  BOOST_TEST(errors(report) == "5:73: CodeUri 'build/': " + (folder / "build").string() +
                                   " does not exist (has it been built?)\n");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(template_files, TemplateFixture)

BOOST_AUTO_TEST_CASE(broken_yaml_has_its_place) {
  BOOST_TEST(errors(load("Resources:\n  F: [1, 2\n")).starts_with("3:1: not valid YAML: "));
  BOOST_TEST(errors(load("a: b: c\n")) == "1:5: not valid YAML: illegal map value\n");
  BOOST_TEST(errors(load("a: *nope\n")).starts_with("1:4: not valid YAML: "));
  BOOST_TEST(errors(load("")) == "1:1: the file is empty\n");
  BOOST_TEST(errors(load("# only a comment\n")) == "1:1: the file is empty\n");
  BOOST_TEST(errors(load("- a\n")) ==
             "1:1: a template is a map with the key Resources, not a list\n");
  BOOST_TEST(errors(load(std::string{"a: b\nc: \x04\n"})) ==
             "2:4: the control character 0x04 is not allowed\n");
  BOOST_TEST(errors(load(std::string{"a: \0b\n", 6})) ==
             "1:4: the control character 0x00 is not allowed\n");
  BOOST_TEST(
      errors(load("Resources: {}\n---\na: b\n")).starts_with("3:1: a second document starts here"));
  BOOST_TEST(errors(load("a: 1\n")) ==
             "1:1: unknown key of a template 'a'; known: AWSTemplateFormatVersion, Transform, "
             "Description, Metadata, Globals, Parameters, Mappings, Conditions, Rules, Resources, "
             "Outputs, Hooks\n1:1: the template has no Resources\n");
}

BOOST_AUTO_TEST_CASE(a_key_that_is_there_twice_is_refused) {
  BOOST_TEST(errors(load(python_function("      Timeout: 5\n      Timeout: 6\n"))) ==
             "9:7: the key 'Timeout' is here twice; the first is on line 8\n");
  BOOST_TEST(errors(load("Resources: {}\n? [a, b]\n: c\n")) ==
             "2:3: a key must be a text, not a list\n");
}

BOOST_AUTO_TEST_CASE(aliases_and_merge_keys_are_expanded) {
  const auto report = load(
      "Transform: AWS::Serverless-2016-10-31\n"
      "Metadata:\n"
      "  base: &base {Runtime: python3.12, CodeUri: py, Timeout: 7, Handler: &h app.handler}\n"
      "Resources:\n"
      "  F:\n"
      "    Type: AWS::Serverless::Function\n"
      "    Properties:\n"
      "      <<: *base\n"
      "      Timeout: 8\n"
      "  G:\n"
      "    Type: AWS::Serverless::Function\n"
      "    Properties: {<<: [{Timeout: 9}, *base], Description: *h}\n");
  BOOST_TEST(errors(report) == "");
  BOOST_REQUIRE(report.functions.size() == 2U);
  BOOST_TEST(report.functions[0].timeout_s == 8);
  BOOST_TEST(report.functions[0].runtime == "python3.12");
  BOOST_TEST(report.functions[1].timeout_s == 9);
  BOOST_TEST(report.functions[1].description == "app.handler");
  BOOST_TEST(errors(load("Resources: {}\nMetadata: {<<: text}\n")) ==
             "2:12: '<<' merges maps, not a text\n");
}

BOOST_AUTO_TEST_CASE(alias_bombs_and_deep_nesting_are_refused) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int n = 0; n < 10; ++n) bomb += before + ", ";
    bomb += "]\n";
  }
  BOOST_TEST(errors(load(bomb)).find("too large once its aliases are expanded") !=
             std::string::npos);
  std::string deep = "a0: &a0 [x]\n";
  for (int i = 1; i < 5'000; ++i) {
    deep += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) +
            "]\n";
  }
  BOOST_TEST(errors(load(deep)).find("nested more than 100 levels deep") != std::string::npos);
  BOOST_TEST(!load(std::string(50'000, '[')).ok());
  BOOST_TEST(!load(std::string(50'000, '{')).ok());
  BOOST_TEST(errors(load("a: &x [*x]\n")).find("an alias refers to what it is part of") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_text_that_grows_when_it_is_evaluated_is_refused) {
  std::string text =
      "Transform: AWS::Serverless-2016-10-31\nParameters: {P: {Type: String, Default: " +
      std::string(4'000, 'p') +
      "}}\n"
      "Resources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties:\n      Description: "
      "!Sub \"";
  for (int i = 0; i < 100'000; ++i) text += "${P}";
  text += "\"\n";
  BOOST_TEST(errors(load(text)).find("is longer than 1048576 bytes once it is evaluated") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(templates_are_limited_to_a_megabyte_and_500_resources) {
  BOOST_TEST(errors(load(std::string(1'048'577, '#'))) ==
             "the template is larger than 1048576 bytes\n");
  BOOST_TEST(errors(load(std::string(1'048'576, '#'))) == "1:1: the file is empty\n");
  std::string many = "Transform: AWS::Serverless-2016-10-31\nResources:\n";
  for (int i = 0; i < 501; ++i) many += "  R" + std::to_string(i) + ": {Type: AWS::S3::Bucket}\n";
  BOOST_TEST(errors(load(many)) == "2:1: 501 resources are too many; a template has at most 500\n");
}

BOOST_AUTO_TEST_CASE(every_beginning_of_a_template_is_answered_without_a_crash) {
  const std::string text = python_function(
      "      Environment: {Variables: {AB: !Sub 'x${AWS::Region}'}}\n"
      "      Events: {E: {Type: HttpApi, Properties: {Path: /x, Method: get}}}\n");
  for (std::size_t size = 0; size <= text.size(); ++size) (void)load(text.substr(0, size));
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string damaged = text;
    damaged[i] = static_cast<char>("{}[]:&*!|\"'#-\xff"[i % 14]);
    (void)load(damaged);
  }
}

BOOST_AUTO_TEST_CASE(the_template_of_a_folder_is_found) {
  const auto message = [](const std::filesystem::path& path) {
    const auto found = find_template(path);
    return found.ok() ? found->filename().string() : found.error().message;
  };
  const std::string supported =
      "supported is an AWS SAM template (template.yaml, template.yml or template.json)";
  BOOST_TEST(message(folder.path()) ==
             "there is no template in " + folder.path().string() + "; " + supported);
  folder.write("serverless.yml", "");
  BOOST_TEST(message(folder.path()) == (folder / "serverless.yml").string() +
                                           ": files of this kind are not read yet; " + supported);
  folder.write("template.yml", "");
  BOOST_TEST(message(folder.path()) == "template.yml");
  folder.write("template.yaml", "");
  BOOST_TEST(message(folder.path()) == "template.yaml");
  BOOST_TEST(!find_template(folder / "none").ok());
}

BOOST_AUTO_TEST_CASE(files_of_other_tools_are_named) {
  const std::string rest =
      ", which is not read yet; supported is an AWS SAM template (template.yaml, template.yml or "
      "template.json)\n";
  BOOST_TEST(errors(load("openapi: 3.0.0\npaths: {}\n")) ==
             "1:1: this is an OpenAPI document" + rest);
  BOOST_TEST(errors(load("service: x\nprovider: {name: aws}\n")) ==
             "1:1: this is a serverless.yml" + rest);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_not_there_is_an_error_of_the_input) {
  const auto report = load_template(folder / "none.yaml");
  BOOST_REQUIRE(report.errors.size() == 1U);
  BOOST_TEST(report.errors[0].to_string() ==
             (folder / "none.yaml").string() + ": the template does not exist");
  BOOST_TEST((report.errors[0].code == ErrorCode::kInvalidInput));
  BOOST_TEST(!load_template(folder.path()).ok());
}

BOOST_AUTO_TEST_CASE(the_first_steps_example_is_read) {
  TemplateOptions options;
  options.check_files = false;
  const auto report = load_template(
      std::filesystem::path{LAM_SOURCE_DIR} / "examples/first-steps/template.yaml", options);
  for (const Error& error : report.errors) BOOST_ERROR(error.to_string());
  for (const TemplateNote& note : report.notes) BOOST_ERROR(note.to_string());
  BOOST_REQUIRE(report.functions.size() == 3U);
  BOOST_TEST(report.functions[0].name == "hello-python");
  BOOST_TEST(report.functions[1].name == "hello-node");
  BOOST_TEST(report.functions[2].name == "hello-native");
  BOOST_TEST(report.functions[0].code_directory == LAM_SOURCE_DIR "/examples/first-steps/python");
  BOOST_TEST(report.functions[2].code_directory == LAM_SOURCE_DIR
             "/build/examples/first-steps/native");
  BOOST_REQUIRE(report.apis.size() == 1U);
  BOOST_TEST(report.apis[0].routes.size() == 9U);
  BOOST_TEST(report.outputs.at("Endpoint") ==
             "https://" + report.apis[0].id + ".execute-api.us-east-1.amazonaws.com/");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace lambdarium::templates
