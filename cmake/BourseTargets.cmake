# One static library per folder of services/lib, one executable per program, one test binary per tested
# library, all with the same warnings. Sources are listed by name: tests/tidy fails on an orphan.

option(BOURSE_WERROR "Treat warnings as errors" ON)

add_library(bourse_warnings INTERFACE)
target_compile_options(bourse_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion)
if(BOURSE_WERROR)
  target_compile_options(bourse_warnings INTERFACE -Werror)
endif()

find_program(BOURSE_CCACHE ccache)
if(BOURSE_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${BOURSE_CCACHE}")
endif()

# What programs that decide allocate with: what the decider makes, the committer and the network thread free, which costs
# glibc a quarter of the decider's time (ops/decisions/0020-…). Sanitizers bring an allocator of their own.
add_library(bourse_allocator INTERFACE)
string(TOUPPER "${CMAKE_BUILD_TYPE}" BOURSE_BUILD_TYPE)
if(NOT "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${BOURSE_BUILD_TYPE}}" MATCHES "-fsanitize")
  target_link_libraries(bourse_allocator INTERFACE -Wl,--no-as-needed PkgConfig::JEMALLOC -Wl,--as-needed)
endif()

# bourse_library(base SOURCES a.cc b.cc LINKS x y): the target bourse_base, alias bourse::base. LINKS are
# public: what a folder may include is what it links (services/README.md).
function(bourse_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
  add_library(bourse_${name} STATIC ${ARG_SOURCES})
  add_library(bourse::${name} ALIAS bourse_${name})
  target_include_directories(bourse_${name} PUBLIC "${CMAKE_SOURCE_DIR}/services/lib")
  target_link_libraries(bourse_${name} PUBLIC ${ARG_LINKS} PRIVATE bourse_warnings ${ARG_PRIVATE_LINKS})
endfunction()

# bourse_program(boursed SOURCES main.cc LINKS bourse::market)
function(bourse_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE "${CMAKE_SOURCE_DIR}/services")
  target_compile_definitions(${name} PRIVATE BOURSE_VERSION="${PROJECT_VERSION}")
  target_link_libraries(${name} PRIVATE ${ARG_LINKS} bourse_warnings)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
endfunction()

# bourse_test(domain SOURCES jid_test.cc LINKS bourse::domain): one GoogleTest binary, one ctest entry per case.
function(bourse_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS;LABELS" ${ARGN})
  add_executable(${name}_test ${ARG_SOURCES})
  target_include_directories(${name}_test PRIVATE "${CMAKE_SOURCE_DIR}/services" "${CMAKE_SOURCE_DIR}/tests")
  target_link_libraries(${name}_test PRIVATE ${ARG_LINKS} GTest::gtest_main GTest::gmock bourse_warnings)
  target_compile_definitions(${name}_test PRIVATE BOURSE_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  add_test(NAME ${name} COMMAND ${name}_test --gtest_brief=1)
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT 1200)
endfunction()
