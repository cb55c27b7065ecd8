# lam_header_check: compiles every header of the project by itself, so that none leans on what
# another file happened to include before it. One source is made for each header; ninja rebuilds
# only those whose headers changed. Not part of `all`: tools/test and the test `headers_stand_alone`
# build it.

set(LAM_HEADER_FOLDERS models policies traces runtime-api gpu-pool emulator)
set(LAM_HEADER_GLOBS ${LAM_HEADER_FOLDERS})
list(TRANSFORM LAM_HEADER_GLOBS PREPEND ${PROJECT_SOURCE_DIR}/)
list(TRANSFORM LAM_HEADER_GLOBS APPEND /*.h)
file(GLOB_RECURSE LAM_HEADERS CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR} ${LAM_HEADER_GLOBS})

set(LAM_HEADER_SOURCES "")
foreach(header IN LISTS LAM_HEADERS)
  string(REPLACE "/" "." name ${header})
  set(source ${CMAKE_BINARY_DIR}/header_check/${name}.cc)
  file(CONFIGURE OUTPUT ${source} CONTENT "#include \"${header}\"\n" @ONLY)
  list(APPEND LAM_HEADER_SOURCES ${source})
endforeach()

add_library(lam_header_check OBJECT EXCLUDE_FROM_ALL ${LAM_HEADER_SOURCES})
lam_common(lam_header_check)
# Nothing is run, so nothing is optimised.
target_compile_options(lam_header_check PRIVATE -O0)
# Private headers of an adapter may include the adapter's library.
target_link_libraries(lam_header_check PRIVATE
  fmt::fmt nlohmann_json::nlohmann_json PkgConfig::libuv llhttp SQLite::SQLite3 yaml-cpp
  LibArchive::LibArchive OpenSSL::Crypto)

add_test(NAME headers_stand_alone
  COMMAND ${CMAKE_COMMAND} --build ${CMAKE_BINARY_DIR} --target lam_header_check)
set_tests_properties(headers_stand_alone PROPERTIES TIMEOUT 900 RUN_SERIAL ON LABELS lint)
