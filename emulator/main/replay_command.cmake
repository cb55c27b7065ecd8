lam_library(lam_replay_command
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/replay_command.cc
  PUBLIC lam_base
  PRIVATE lam_trace_command lam_replayer lam_store nlohmann_json::nlohmann_json)
