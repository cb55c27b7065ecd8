#include <boost/test/unit_test.hpp>

#include "tests/unit/emulator/templates/template_fixture.h"

namespace lambdarium::templates {
namespace {

using testing::TemplateFixture;

// Templates whose one function has the environment variable VALUE; its value stands from column 18
// of line 3 on.
struct IntrinsicsFixture : TemplateFixture {
  std::string text(const std::string& value, const std::string& more = "") const {
    return "Transform: AWS::Serverless-2016-10-31\n"
           "Metadata:\n"
           "  VALUE: &v " +
           value + "\n" +
           "Resources:\n"
           "  F:\n"
           "    Type: AWS::Serverless::Function\n"
           "    Properties: {Runtime: python3.12, CodeUri: py, Handler: app.handler, Environment: "
           "{Variables: {VALUE: *v}}}\n"
           "  Named: {Type: AWS::Serverless::Function, Properties: {FunctionName: !Sub "
           "'${AWS::StackName}-n', Runtime: nodejs20.x, CodeUri: js, Handler: index.handler}}\n"
           "  Table: {Type: AWS::DynamoDB::Table}\n"
           "  MyApi: {Type: AWS::Serverless::HttpApi}\n" +
           more;
  }
  // The value, or the errors.
  std::string value(const std::string& expression, const std::string& more = "",
                    const TemplateOptions& options = {}) const {
    const TemplateReport report = load(text(expression, more), options);
    if (!report.ok()) return errors(report);
    const auto& environment = report.functions.at(0).environment;
    return environment.contains("VALUE") ? environment.at("VALUE") : "(none)";
  }
};

BOOST_FIXTURE_TEST_SUITE(intrinsics, IntrinsicsFixture)

BOOST_AUTO_TEST_CASE(pseudo_parameters_are_known) {
  TemplateOptions options;
  options.region = "eu-west-1";
  options.account = "123456789012";
  options.stack_name = "stack";
  BOOST_TEST(value("!Ref AWS::Region", "", options) == "eu-west-1");
  BOOST_TEST(value("{Ref: 'AWS::AccountId'}", "", options) == "123456789012");
  BOOST_TEST(value("!Ref AWS::StackName", "", options) == "stack");
  BOOST_TEST(value("!Ref AWS::Partition") == "aws");
  BOOST_TEST(value("!Ref AWS::URLSuffix") == "amazonaws.com");
  BOOST_TEST(value("!Ref AWS::NoValue") == "(none)");
  BOOST_TEST(value("!Ref AWS::StackId", "", options)
                 .starts_with("arn:aws:cloudformation:eu-west-1:123456789012:stack/stack/"));
  BOOST_TEST(value("!Ref AWS::Regio") ==
             "3:10: unknown parameter or resource 'AWS::Regio'; did you mean 'AWS::Region'?\n");
}

BOOST_AUTO_TEST_CASE(references_to_functions_give_their_names_and_arns) {
  BOOST_TEST(value("!Ref F") == "F");
  BOOST_TEST(value("!Ref Named") == "lambdarium-n");
  BOOST_TEST(value("!GetAtt Named.Arn") ==
             "arn:aws:lambda:us-east-1:000000000000:function:lambdarium-n");
  BOOST_TEST(value("{'Fn::GetAtt': [F, Arn]}") ==
             "arn:aws:lambda:us-east-1:000000000000:function:F");
  BOOST_TEST(value("!Ref MyApi") == api_id_for("MyApi"));
  BOOST_TEST(value("!Sub '${ServerlessHttpApi}'") == api_id_for("ServerlessHttpApi"));
  BOOST_TEST(value("!GetAtt Nam.Arn") == "3:10: unknown resource 'Nam'; did you mean 'Named'?\n");
  BOOST_TEST(value("!GetAtt Named") ==
             "3:10: Fn::GetAtt 'Named' names no attribute; write 'Resource.Attribute'\n");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_known_is_replaced_by_its_name_with_a_note) {
  const auto note_of = [this](const std::string& expression) {
    return load(text(expression)).notes.at(0);
  };
  BOOST_TEST(value("!Ref Table") == "Table");
  BOOST_TEST(
      note_of("!Ref Table").message ==
      "AWS::DynamoDB::Table is not served here; the text 'Table' stands for a reference to it");
  BOOST_TEST(note_of("!Ref Table").where.line == 3);
  BOOST_TEST(value("!GetAtt Table.Arn") == "Table.Arn");
  BOOST_TEST(value("!ImportValue vpc-id") == "vpc-id");
  BOOST_TEST(note_of("!ImportValue vpc-id").message ==
             "the export 'vpc-id' of another stack is not known here; its name stands for it");
  BOOST_TEST(value("!GetAtt NamedRole.Arn") == "NamedRole.Arn");
  BOOST_TEST(value("!Ref Namedx").starts_with("3:10: unknown parameter or resource 'Namedx'"));
  BOOST_TEST(value("!Base64 x") == "(none)");
  BOOST_TEST(note_of("!Base64 x").message ==
             "Fn::Base64 is not evaluated here; what it stands for is left out");
  BOOST_TEST(value("!Subb x") == "3:10: unknown function 'Fn::Subb'; did you mean 'Fn::Sub'?\n");
}

BOOST_AUTO_TEST_CASE(sub_replaces_names_and_keeps_literals) {
  BOOST_TEST(
      value("!Sub 'a-${AWS::Region}-${Named}-${Named.Arn}'") ==
      "a-us-east-1-lambdarium-n-arn:aws:lambda:us-east-1:000000000000:function:lambdarium-n");
  BOOST_TEST(value("!Sub '${!Literal} $ {x} ${'") == "${Literal} $ {x} ${");
  BOOST_TEST(value("!Sub ['${A}-${AWS::Region}', {A: !Ref Named}]") == "lambdarium-n-us-east-1");
  BOOST_TEST(value("{'Fn::Sub': ['${A}', {A: 1}]}") == "1");
  BOOST_TEST(value("!Sub '${Nme}'").starts_with("3:10: unknown parameter or resource 'Nme'"));
  BOOST_TEST(value("!Sub [x]") == "3:10: Fn::Sub takes a text, or a list of a text and a map\n");
  BOOST_TEST(value("!Sub {a: b}") == "3:10: Fn::Sub takes a text, or a list of a text and a map\n");
}

BOOST_AUTO_TEST_CASE(join_select_and_split_work_on_lists) {
  BOOST_TEST(value("!Join ['-', [a, !Ref Named, 1]]") == "a-lambdarium-n-1");
  BOOST_TEST(value("!Join ['', []]") == "");
  BOOST_TEST(value("!Join [',', [a, !Ref AWS::NoValue, b]]") == "a,b");
  BOOST_TEST(value("!Select [1, [a, b, c]]") == "b");
  BOOST_TEST(value("!Select ['0', !Split [',', 'x,y']]") == "x");
  BOOST_TEST(value("!Select [2, !Split [',', 'x,y,']]") == "");
  BOOST_TEST(value("!Join ['|', !Split ['--', 'a--b--c']]") == "a|b|c");
  BOOST_TEST(value("!Select [3, [a, b, c]]") ==
             "3:10: Fn::Select's index '3' is not in a list of 3\n");
  BOOST_TEST(value("!Select [-1, [a]]") == "3:10: Fn::Select's index '-1' is not in a list of 1\n");
  BOOST_TEST(value("!Split ['', abc]") == "3:10: Fn::Split's separator is empty\n");
  BOOST_TEST(value("!Join [x]") == "3:10: Fn::Join takes a list of a separator and a list\n");
  BOOST_TEST(value("!Join [',', [[a]]]") == "3:26: Fn::Join joins texts, and this is a list\n");
}

BOOST_AUTO_TEST_CASE(mappings_are_looked_up) {
  const std::string mappings = "Mappings: {M: {us-east-1: {size: big}, other: {size: small}}}\n";
  BOOST_TEST(value("!FindInMap [M, !Ref AWS::Region, size]", mappings) == "big");
  BOOST_TEST(value("{'Fn::FindInMap': [M, other, size]}", mappings) == "small");
  BOOST_TEST(value("!FindInMap [M, othr, size]", mappings) ==
             "3:10: unknown key of the mapping 'othr'; did you mean 'other'?\n");
  BOOST_TEST(value("!FindInMap [M, other, siz]", mappings) ==
             "3:10: unknown second key of the mapping 'siz'; did you mean 'size'?\n");
  BOOST_TEST(value("!FindInMap [N, other, size]", mappings) ==
             "3:10: unknown mapping 'N'; did you mean 'M'?\n");
  BOOST_TEST(value("!FindInMap [M, none, size, {DefaultValue: d}]", mappings) == "d");
}

BOOST_AUTO_TEST_CASE(conditions_choose) {
  const std::string conditions =
      "Parameters: {Stage: {Type: String, Default: dev}}\n"
      "Conditions:\n"
      "  IsDev: !Equals [!Ref Stage, dev]\n"
      "  IsProd: {'Fn::Equals': [prod, {Ref: Stage}]}\n"
      "  Both: !And [!Condition IsDev, !Not [Condition: IsProd]]\n"
      "  Either: !Or [Condition: IsDev, Condition: IsProd]\n";
  BOOST_TEST(value("!If [IsDev, a, b]", conditions) == "a");
  BOOST_TEST(value("!If [IsProd, a, b]", conditions) == "b");
  BOOST_TEST(value("!If [Both, a, b]", conditions) == "a");
  BOOST_TEST(value("!If [Either, a, b]", conditions) == "a");
  BOOST_TEST(value("!If [IsProd, a, !Ref AWS::NoValue]", conditions) == "(none)");
  TemplateOptions prod;
  prod.parameters["Stage"] = "prod";
  BOOST_TEST(value("!If [IsProd, a, b]", conditions, prod) == "a");
  BOOST_TEST(value("!If [Both, a, b]", conditions, prod) == "b");
  BOOST_TEST(value("!If [IsDv, a, b]", conditions) ==
             "3:18: unknown condition 'IsDv'; did you mean 'IsDev'?\n");
  BOOST_TEST(value("!If [IsDev, a]", conditions) ==
             "3:10: Fn::If takes a list of a condition's name and two values\n");
}

BOOST_AUTO_TEST_CASE(a_condition_that_depends_on_itself_is_refused) {
  BOOST_TEST(value("x", "Conditions:\n  A: !Not [Condition: B]\n  B: !Not [Condition: A]\n") ==
             "12:3: the condition 'A' depends on itself\n");
  BOOST_TEST(value("x", "Conditions:\n  A: yes\n") ==
             "12:3: a condition is one of Fn::Equals, Fn::And, Fn::Or, Fn::Not and Condition\n");
}

BOOST_AUTO_TEST_CASE(a_resource_whose_condition_does_not_hold_is_left_out) {
  const auto report =
      load(text("x",
                "  Off: {Type: AWS::Serverless::Function, Condition: Never, Properties: {Bad: 1}}\n"
                "Conditions: {Never: !Equals [a, b]}\n"));
  BOOST_TEST(errors(report) == "");
  BOOST_TEST(report.functions.size() == 2U);
}

BOOST_AUTO_TEST_CASE(parameters_have_defaults_overrides_and_limits) {
  const auto with = [this](const std::string& definition, const std::string& given = "\x01") {
    TemplateOptions options;
    if (given != "\x01") options.parameters["P"] = given;
    return value("!Ref P", "Parameters:\n  P: {" + definition + "}\n", options);
  };
  BOOST_TEST(with("Type: String, Default: d") == "d");
  BOOST_TEST(with("Type: String, Default: d", "given") == "given");
  BOOST_TEST(with("Type: String, Default: ''") == "");
  BOOST_TEST(with("Type: Number, Default: 5") == "5");
  BOOST_TEST(with("Type: Number, Default: five") ==
             "12:30: the parameter 'P' is 'five', which is not a number\n");
  BOOST_TEST(with("Type: String") ==
             "12:3: the parameter 'P' has no Default; give it with --parameter P=VALUE\n");
  BOOST_TEST(with("Type: String", "x") == "x");
  BOOST_TEST(with("Default: d") == "12:3: the parameter 'P' has no Type\n");
  BOOST_TEST(with("Type: Sting, Default: d") ==
             "12:13: unknown parameter type 'Sting'; did you mean 'String'?\n");
  BOOST_TEST(with("Type: String, Defalt: d", "x") ==
             "12:21: unknown key of a parameter 'Defalt'; did you mean 'Default'?\n");
  BOOST_TEST(with("Type: String, Default: c, AllowedValues: [a, b]") ==
             "12:30: the parameter 'P' is 'c'; allowed are a, b\n");
  BOOST_TEST(with("Type: String, Default: c, AllowedValues: [a, b]", "b") == "b");
  BOOST_TEST(with("Type: String, Default: abc, MaxLength: 3") == "abc");
  BOOST_TEST(with("Type: String, Default: abcd, MaxLength: 3") ==
             "12:30: the parameter 'P' is 'abcd', against its MaxLength of 3\n");
  BOOST_TEST(with("Type: Number, Default: 1, MinValue: 2") ==
             "12:30: the parameter 'P' is '1', against its MinValue of 2\n");
  TemplateOptions options;
  options.parameters["Q"] = "x";
  BOOST_TEST(value("x", "Parameters: {Quu: {Type: String, Default: d}}\n", options) ==
             "unknown parameter 'Q'; did you mean 'Quu'?\n");
  BOOST_TEST(value("x", "", options) == "the template has no parameters, so 'Q' cannot be given\n");
}

BOOST_AUTO_TEST_CASE(list_parameters_are_lists) {
  const std::string parameters = "Parameters: {L: {Type: CommaDelimitedList, Default: 'a, b,c'}}\n";
  BOOST_TEST(value("!Join ['|', !Ref L]", parameters) == "a|b|c");
  BOOST_TEST(value("!Select [1, !Ref L]", parameters) == "b");
  BOOST_TEST(value("!Sub '${L}'", parameters) == "3:10: Fn::Sub's ${L} is not a text\n");
}

BOOST_AUTO_TEST_CASE(a_function_beside_other_keys_is_refused) {
  BOOST_TEST(value("{'Fn::Sub': x, Other: y}").find("Fn::Sub stands beside other keys") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(names_that_refer_to_each_other_do_not_go_in_circles) {
  const auto report = load(
      "Transform: AWS::Serverless-2016-10-31\nResources:\n"
      "  A: {Type: AWS::Serverless::Function, Properties: {FunctionName: !Ref B, Runtime: "
      "python3.12, CodeUri: py, Handler: app.handler}}\n"
      "  B: {Type: AWS::Serverless::Function, Properties: {FunctionName: !Ref A, Runtime: "
      "python3.12, CodeUri: py, Handler: app.handler}}\n");
  BOOST_TEST(report.functions.size() == 2U);
}

BOOST_AUTO_TEST_CASE(properties_of_functions_take_intrinsics_too) {
  const auto report = load(
      "Transform: AWS::Serverless-2016-10-31\n"
      "Parameters: {Mem: {Type: Number, Default: 256}, Big: {Type: Number, Default: 20000}}\n"
      "Resources:\n"
      "  F: {Type: AWS::Serverless::Function, Properties: {MemorySize: !Ref Mem, Runtime: !Sub "
      "'python3.12', CodeUri: py, Handler: app.handler}}\n"
      "  G: {Type: AWS::Serverless::Function, Properties: {MemorySize: !Ref Big, Runtime: "
      "python3.12, CodeUri: py, Handler: app.handler}}\n");
  BOOST_TEST(errors(report) == "5:65: MemorySize 20000 is outside 128..10240 MB\n");
  BOOST_TEST(report.functions.at(0).memory_mb == 256);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace lambdarium::templates
