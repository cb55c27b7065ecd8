// Aliases and the permissions of what they name.

#include <boost/test/unit_test.hpp>

#include "tests/unit/emulator/aws/control_plane_fixture.h"

namespace {

using namespace lambdarium;
using namespace lambdarium::aws;
using namespace lambdarium::aws::testing;

const std::string kFunction = "/2015-03-31/functions/f";
const std::string kAliases = kFunction + "/aliases";
const std::string kArn = "arn:aws:lambda:us-east-1:123456789012:function:f";
const std::string kInvalid = "400 InvalidParameterValueException: ";

// A function with the versions 1 and 2.
struct AliasFixture : ControlPlaneFixture {
  AliasFixture() {
    create("f");
    call("POST", kFunction + "/versions");
    call("PUT", kFunction + "/configuration", R"({"Timeout":4})");
    call("POST", kFunction + "/versions");
  }
  HttpResponse make(const std::string& name, const std::string& version, const Json& more = {}) {
    Json body{{"Name", name}, {"FunctionVersion", version}};
    if (more.is_object()) body.update(more);
    return call("POST", kAliases, body.dump());
  }
  HttpResponse update(const std::string& name, const Json& body) {
    return call("PUT", kAliases + "/" + name, body.dump());
  }
  Json alias(const std::string& name) {
    return Json::parse(call("GET", kAliases + "/" + name).body);
  }
  static Json weights(const Json& of) {
    return {{"RoutingConfig", {{"AdditionalVersionWeights", of}}}};
  }
  HttpResponse permit(const Json& more, const std::string& query = "") {
    Json body{{"StatementId", "s"}, {"Action", "lambda:InvokeFunction"}, {"Principal", "*"}};
    if (more.is_object()) body.update(more);
    return call("POST", kFunction + "/policy" + query, body.dump());
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(aws_aliases, AliasFixture)

BOOST_AUTO_TEST_CASE(an_alias_is_made_read_changed_and_removed) {
  const HttpResponse made = make("live", "1");
  BOOST_TEST(made.status == 201);
  Json body = Json::parse(made.body);
  const std::string revision = body["RevisionId"];
  BOOST_TEST(alias("live") == body);
  body.erase("RevisionId");
  BOOST_TEST(body == Json({{"AliasArn", kArn + ":live"},
                           {"Name", "live"},
                           {"FunctionVersion", "1"},
                           {"Description", ""}}));
  BOOST_TEST(Json::parse(call("GET", kFunction + "?Qualifier=live").body)
                 .at("Configuration")
                 .at("FunctionArn") == kArn + ":live");
  BOOST_TEST(get("f:live")["Configuration"]["Version"] == "1");

  const Json changed = Json::parse(update("live", {{"FunctionVersion", "2"}}).body);
  BOOST_TEST(changed["FunctionVersion"] == "2");
  BOOST_TEST(changed["RevisionId"] != revision);
  BOOST_TEST(outcome(update("live", {{"RevisionId", revision}})).starts_with("412 "));
  BOOST_TEST(update("live", {{"RevisionId", changed["RevisionId"]}}).status == 200);
  BOOST_TEST(call("DELETE", kAliases + "/live").status == 204);
  BOOST_TEST(call("DELETE", kAliases + "/live").status == 204);
  BOOST_TEST(outcome(call("GET", kAliases + "/live")) ==
             "404 ResourceNotFoundException: Cannot find alias arn: " + kArn + ":live");
  BOOST_TEST(outcome(update("live", {{"FunctionVersion", "2"}})) ==
             "404 ResourceNotFoundException: Alias not found: " + kArn + ":live");
}

BOOST_AUTO_TEST_CASE(names_and_versions_of_aliases_are_checked) {
  BOOST_TEST(make("live", "1").status == 201);
  BOOST_TEST(outcome(make("live", "2")) ==
             "409 ResourceConflictException: Alias already exists: " + kArn + ":live");
  BOOST_TEST(outcome(make("other", "3")) ==
             "404 ResourceNotFoundException: Function not found: " + kArn + ":3");
  BOOST_TEST(outcome(make("7", "1")) ==
             "400 ValidationException: 1 validation error detected: Value '7' at 'name' failed to "
             "satisfy constraint: Member must satisfy regular expression pattern: "
             "(?!^[0-9]+$)([a-zA-Z0-9-_]+)");
  BOOST_TEST(outcome(make("a b", "1")).starts_with("400 ValidationException"));
  BOOST_TEST(outcome(make("a", "x")).starts_with("400 ValidationException"));
  BOOST_TEST(make(std::string(128, 'a'), "1").status == 201);
  BOOST_TEST(make(std::string(129, 'a'), "1").status == 400);
  BOOST_TEST(make("latest", "$LATEST").status == 201);
  BOOST_TEST(outcome(call("POST", "/2015-03-31/functions/none/aliases",
                          R"({"Name":"a","FunctionVersion":"1"})"))
                 .starts_with("404 "));
}

BOOST_AUTO_TEST_CASE(one_further_version_takes_a_share_between_nothing_and_everything) {
  for (const double weight : {0.0, 0.5, 1.0}) {
    const HttpResponse made =
        make("w" + std::to_string(static_cast<int>(weight * 10)), "1", weights({{"2", weight}}));
    BOOST_TEST(made.status == 201);
    BOOST_TEST(Json::parse(made.body)["RoutingConfig"]["AdditionalVersionWeights"]["2"] == weight);
  }
  BOOST_TEST(outcome(make("x", "1", weights({{"2", 0.5}, {"3", 0.1}}))) ==
             kInvalid + "Number of items in AdditionalVersionWeights cannot be greater than 1");
  BOOST_TEST(outcome(make("x", "1", weights({{"1", 0.5}}))) ==
             kInvalid +
                 "Invalid function version 1. Function version 1 is already included in "
                 "routing configuration.");
  BOOST_TEST(outcome(make("x", "$LATEST", weights({{"1", 0.5}}))) ==
             kInvalid + "$LATEST is not supported for an alias pointing to more than 1 version");
  for (const double weight : {-0.1, 1.1}) {
    BOOST_TEST(
        outcome(make("x", "1", weights({{"2", weight}})))
            .starts_with("400 ValidationException: 1 validation error detected: Value '{2="));
  }
  BOOST_TEST(
      outcome(make("x", "1", weights({{"$LATEST", 0.5}}))).starts_with("400 ValidationException"));
  BOOST_TEST(outcome(make("x", "1", weights({{"9", 0.5}}))) ==
             "404 ResourceNotFoundException: Function not found: " + kArn + ":9");
  BOOST_TEST(outcome(make("x", "1", weights({{"2", "half"}}))).starts_with("400 Serialization"));
}

BOOST_AUTO_TEST_CASE(a_share_stays_over_updates_that_do_not_name_it_and_goes_with_an_empty_one) {
  make("live", "1", weights({{"2", 0.25}}));
  BOOST_TEST(Json::parse(update("live", {{"Description", "d"}}).body).contains("RoutingConfig"));
  BOOST_TEST(outcome(update("live", {{"FunctionVersion", "2"}})).starts_with(kInvalid));
  const Json cleared = Json::parse(update("live", weights(Json::object())).body);
  BOOST_TEST(!cleared.contains("RoutingConfig"));
  BOOST_TEST(cleared["Description"] == "d");
}

BOOST_AUTO_TEST_CASE(invocations_of_an_alias_are_drawn_by_its_weight) {
  make("live", "1", weights({{"2", 0.25}}));
  make("none", "1", weights({{"2", 0.0}}));
  make("all", "1", weights({{"2", 1.0}}));
  RandomStream draws{7, "draws"};
  const auto seconds = [&](const std::string& alias) {
    int count = 0;
    for (int i = 0; i < 1000; ++i) {
      const auto found = registry.resolve_for_invoke({.name = "f", .qualifier = alias}, draws);
      if (std::get<const store::StoredFunction*>(found)->version == "2") ++count;
    }
    return count;
  };
  BOOST_TEST(seconds("none") == 0);
  BOOST_TEST(seconds("all") == 1000);
  const int some = seconds("live");  // 250, five standard deviations of 13.7
  BOOST_TEST(some > 181);
  BOOST_TEST(some < 319);
}

BOOST_AUTO_TEST_CASE(aliases_are_listed_by_name_and_by_version) {
  make("b", "1");
  make("a", "2");
  make("c", "1", weights({{"2", 0.5}}));
  const auto names = [this](const std::string& query) {
    std::string found;
    const Json page = Json::parse(call("GET", kAliases + query).body);
    for (const Json& item : page.at("Aliases")) found += item.at("Name").get<std::string>();
    return found + (page.contains("NextMarker") ? "+" : "");
  };
  BOOST_TEST(names("") == "abc");
  BOOST_TEST(names("?FunctionVersion=1") == "bc");
  BOOST_TEST(names("?FunctionVersion=2") == "ac");
  BOOST_TEST(names("?MaxItems=2") == "ab+");
  const std::string marker =
      Json::parse(call("GET", kAliases + "?MaxItems=2").body).at("NextMarker");
  BOOST_TEST(names("?MaxItems=2&Marker=" + marker) == "c");
}

BOOST_AUTO_TEST_CASE(a_version_that_an_alias_names_cannot_be_deleted) {
  make("live", "1", weights({{"2", 0.5}}));
  for (const char* version : {"1", "2"}) {
    BOOST_TEST(outcome(call("DELETE", kFunction + "?Qualifier=" + version)) ==
               "409 ResourceConflictException: Unable to delete version because the following "
               "aliases reference it: [live]");
  }
  BOOST_TEST(outcome(call("DELETE", kFunction + "?Qualifier=live")) ==
             kInvalid + "Deletion of aliases is not currently supported.");
  call("DELETE", kFunction);
  create("f");
  BOOST_TEST(call("GET", kAliases + "/live").status == 404);
}

BOOST_AUTO_TEST_CASE(a_permission_is_a_statement_of_the_policy) {
  const std::string revision = get("f")["Configuration"]["RevisionId"];
  const HttpResponse added = permit({{"Principal", "s3.amazonaws.com"},
                                     {"SourceArn", "arn:aws:s3:::bucket"},
                                     {"SourceAccount", "123456789012"}});
  BOOST_TEST(added.status == 201);
  const std::string statement =
      R"({"Sid":"s","Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},)"
      R"("Action":"lambda:InvokeFunction","Resource":")" +
      kArn +
      R"(","Condition":{"StringEquals":{"AWS:SourceAccount":"123456789012"},)"
      R"("ArnLike":{"AWS:SourceArn":"arn:aws:s3:::bucket"}}})";
  BOOST_TEST(Json::parse(added.body)["Statement"] == statement);
  const Json policy = Json::parse(call("GET", kFunction + "/policy").body);
  BOOST_TEST(policy["Policy"] ==
             R"({"Version":"2012-10-17","Id":"default","Statement":[)" + statement + "]}");
  BOOST_TEST(policy["RevisionId"] != revision);
  BOOST_TEST(policy["RevisionId"] == get("f")["Configuration"]["RevisionId"]);

  BOOST_TEST(outcome(permit({})) ==
             "409 ResourceConflictException: The statement id (s) provided already exists. Please "
             "provide a new statement id, or remove the existing statement.");
  BOOST_TEST(outcome(permit({{"StatementId", "t"}, {"RevisionId", revision}})).starts_with("412 "));
  BOOST_TEST(call("DELETE", kFunction + "/policy/t").status == 404);
  BOOST_TEST(call("DELETE", kFunction + "/policy/s?RevisionId=" + revision).status == 412);
  BOOST_TEST(call("DELETE", kFunction + "/policy/s").status == 204);
  BOOST_TEST(outcome(call("GET", kFunction + "/policy")) ==
             "404 ResourceNotFoundException: The resource you requested does not exist.");
  BOOST_TEST(outcome(call("DELETE", kFunction + "/policy/s")) ==
             "404 ResourceNotFoundException: No policy is associated with the given resource.");
}

BOOST_AUTO_TEST_CASE(every_qualifier_has_a_policy_of_its_own) {
  make("live", "1");
  for (const char* qualifier : {"1", "live"}) {
    const Json added = Json::parse(permit({}, std::string{"?Qualifier="} + qualifier).body);
    BOOST_TEST(Json::parse(added["Statement"].get<std::string>())["Resource"] ==
               kArn + ":" + qualifier);
    BOOST_TEST(call("GET", kFunction + "/policy?Qualifier=" + qualifier).status == 200);
  }
  BOOST_TEST(call("GET", kFunction + "/policy").status == 404);
  BOOST_TEST(outcome(permit({}, "?Qualifier=%24LATEST")) ==
             kInvalid + "We currently do not support adding policies for $LATEST.");
  BOOST_TEST(outcome(permit({}, "?Qualifier=none")) ==
             "404 ResourceNotFoundException: Cannot find alias arn: " + kArn + ":none");
  BOOST_TEST(outcome(permit({}, "?Qualifier=9")) ==
             "404 ResourceNotFoundException: Function not found: " + kArn + ":9");
  call("DELETE", kAliases + "/live");
  make("live", "1");
  BOOST_TEST(call("GET", kFunction + "/policy?Qualifier=live").status == 404);
}

BOOST_AUTO_TEST_CASE(principals_and_members_of_permissions_are_checked) {
  const auto principal = [this](const std::string& of) {
    const HttpResponse added =
        permit({{"StatementId", "p" + std::to_string(now_ms++)}, {"Principal", of}});
    if (added.status != 201) return outcome(added);
    return Json::parse(Json::parse(added.body)["Statement"].get<std::string>())["Principal"].dump();
  };
  BOOST_TEST(principal("*") == R"("*")");
  BOOST_TEST(principal("123456789012") == R"({"AWS":"arn:aws:iam::123456789012:root"})");
  BOOST_TEST(principal("arn:aws:iam::123456789012:user/u") ==
             R"({"AWS":"arn:aws:iam::123456789012:user/u"})");
  BOOST_TEST(principal("apigateway.amazonaws.com") == R"({"Service":"apigateway.amazonaws.com"})");
  BOOST_TEST(principal("nobody") ==
             kInvalid +
                 "The provided principal was invalid. Please check the principal and try "
                 "again.");
  for (const Json& bad :
       {Json{{"StatementId", "a b"}}, Json{{"StatementId", std::string(101, 's')}},
        Json{{"Action", "s3:Get"}}, Json{{"Principal", "a b"}}, Json{{"SourceArn", "bucket"}},
        Json{{"SourceAccount", "12"}}, Json{{"FunctionUrlAuthType", "SOME"}},
        Json{{"PrincipalOrgID", "o-short"}}, Json{{"StatementId", nullptr}}}) {
    BOOST_TEST(outcome(permit(bad)).starts_with("400 ValidationException"), bad.dump());
  }
  std::string last;
  for (int i = 0; i < 200 && last.empty(); ++i) {
    const HttpResponse added = permit({{"StatementId", "n" + std::to_string(i)}});
    if (added.status != 201) last = outcome(added);
  }
  BOOST_TEST(last.starts_with("400 PolicyLengthExceededException: The final policy size ("));
}

BOOST_AUTO_TEST_SUITE_END()
