lam_library(lam_invoke_command
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/invoke_command.cc
  PUBLIC lam_base
  PRIVATE lam_http nlohmann_json::nlohmann_json)
