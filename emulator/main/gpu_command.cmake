lam_library(lam_gpu_command
  SOURCES gpu_command.cc
  PUBLIC lam_base
  PRIVATE lam_pool_core lam_pool_process nlohmann_json::nlohmann_json)
