lam_library(lam_twin_command
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/twin_command.cc
  PUBLIC lam_base
  PRIVATE lam_labs nlohmann_json::nlohmann_json)
