lam_library(lam_lab_command
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/lab_command.cc
  PUBLIC lam_base
  PRIVATE lam_labs lam_trace_command nlohmann_json::nlohmann_json)
