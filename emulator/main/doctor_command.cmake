lam_library(lam_doctor_command
  SOURCES doctor_command.cc machine_facts.cc
  PUBLIC lam_base
  PRIVATE lam_pool_core lam_pool_process nlohmann_json::nlohmann_json)
