lam_library(lam_simulate_command
  SOURCES simulate_command.cc
  PUBLIC lam_base
  PRIVATE lam_simulated_config lam_simulated lam_store)
