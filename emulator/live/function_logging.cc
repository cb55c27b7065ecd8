#include "emulator/live/function_logging.h"

#include <nlohmann/json.hpp>

namespace lambdarium::live {
namespace {

using Json = nlohmann::json;

void read(const Json& object, const char* name, std::string& into) {
  const auto found = object.find(name);
  if (found != object.end() && found->is_string()) into = found->get<std::string>();
}

}  // namespace

LoggingSettings logging_of(std::string_view settings, const LoggingSettings& otherwise) {
  const Json parsed = Json::parse(settings, nullptr, false);
  if (!parsed.is_object()) return otherwise;
  const auto config = parsed.find("LoggingConfig");
  if (config == parsed.end() || !config->is_object()) return otherwise;
  LoggingSettings logging;
  std::string format;
  read(*config, "LogFormat", format);
  logging.json = format == "JSON";
  read(*config, "ApplicationLogLevel", logging.application_level);
  read(*config, "SystemLogLevel", logging.system_level);
  read(*config, "LogGroup", logging.group);
  return logging;
}

std::string settings_with_logging(const LoggingSettings& logging) {
  if (logging == LoggingSettings{}) return "{}";
  Json config = {{"LogFormat", logging.json ? "JSON" : "Text"}};
  if (logging.json) {
    config["ApplicationLogLevel"] = logging.application_level;
    config["SystemLogLevel"] = logging.system_level;
  }
  if (!logging.group.empty()) config["LogGroup"] = logging.group;
  return Json{{"LoggingConfig", std::move(config)}}.dump();
}

}  // namespace lambdarium::live
