# How every target of the project is built: one language level, one set of warnings, one shape for
# libraries and tests.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_FLAGS_RELEASE "-O2")
set(CMAKE_C_FLAGS_RELEASE "-O2")
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

set(LAM_SANITIZE "" CACHE STRING "Sanitizers for -fsanitize=, for example address,undefined")
option(LAM_WERROR "Treat warnings as errors (on in CI)" OFF)

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

if(LAM_SANITIZE)
  add_compile_options(-fsanitize=${LAM_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${LAM_SANITIZE})
endif()

# -Wno-restrict: GCC 12 warns wrongly about assignments to std::string (bug 105651).
set(LAM_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor
    -Wold-style-cast -Wno-restrict)
if(LAM_WERROR)
  list(APPEND LAM_WARNINGS -Werror)
endif()

function(lam_common target)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR})
  target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:${LAM_WARNINGS}>)
endfunction()

# lam_library(<target> SOURCES a.cc … [PUBLIC libs…] [PRIVATE libs…])
function(lam_library target)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(${target} STATIC ${ARG_SOURCES})
  lam_common(${target})
  target_link_libraries(${target} PUBLIC ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
endfunction()

# lam_program(<target> SOURCES main.cc … LIBS …)
function(lam_program target)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  add_executable(${target} ${ARG_SOURCES})
  lam_common(${target})
  target_link_libraries(${target} PRIVATE ${ARG_LIBS})
endfunction()

# lam_test(<target> SOURCES x_test.cc … LIBS … [LABELS …] [TIMEOUT s]): one Boost.Test program, one
# ctest entry.
# The program's first source defines the module: tests/support/main.cc is added here.
function(lam_test target)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;LIBS;LABELS" ${ARGN})
  if(NOT BUILD_TESTING)
    return()
  endif()
  add_executable(${target} ${ARG_SOURCES} ${PROJECT_SOURCE_DIR}/tests/support/main.cc)
  lam_common(${target})
  # Boost 1.74's headers trip over the stricter warnings; they are system headers here.
  target_link_libraries(${target} PRIVATE ${ARG_LIBS} Boost::unit_test_framework)
  add_test(NAME ${target} COMMAND ${target} --color_output=no --log_level=test_suite)
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  set_tests_properties(${target} PROPERTIES
    TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}" SKIP_RETURN_CODE 77)
  target_compile_definitions(${target} PRIVATE
    LAM_SOURCE_DIR="${PROJECT_SOURCE_DIR}" LAM_BINARY_DIR="${CMAKE_BINARY_DIR}")
endfunction()
