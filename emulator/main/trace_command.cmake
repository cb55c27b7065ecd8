lam_library(lam_trace_command
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/progress.cc ${CMAKE_CURRENT_LIST_DIR}/trace_command.cc
          ${CMAKE_CURRENT_LIST_DIR}/trace_info.cc ${CMAKE_CURRENT_LIST_DIR}/trace_input.cc
  PUBLIC lam_base lam_trace_formats
  PRIVATE lam_generators nlohmann_json::nlohmann_json)
