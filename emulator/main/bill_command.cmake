lam_library(lam_bill_command
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/bill_command.cc ${CMAKE_CURRENT_LIST_DIR}/bill_run.cc
  PUBLIC lam_base
  PRIVATE lam_billing lam_store nlohmann_json::nlohmann_json)
