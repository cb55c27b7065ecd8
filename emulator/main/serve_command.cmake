lam_library(lam_serve_command
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/serve_command.cc
          ${CMAKE_CURRENT_LIST_DIR}/template_watch.cc
  PUBLIC lam_base
  PRIVATE lam_live lam_templates lam_store lam_simulated_config lam_http)
