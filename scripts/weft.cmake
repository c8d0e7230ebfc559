# The functions every CMakeLists.txt here uses, and two checks on the tree as a whole.

# Options travel in structs whose members have defaults: what an initialiser leaves out is meant.
set(WEFT_WARNINGS -Wall -Wextra -Wshadow -Wconversion -Wnon-virtual-dtor
                  -Wno-missing-field-initializers -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # Which g++ leaves out of -Wconversion.
  list(APPEND WEFT_WARNINGS -Wno-sign-conversion)
endif()

# weft_library(NAME SOURCES a.h a.cc ... [DEPS target ...])
# A static library; headers are included from the repository root: "common/error.h".
function(weft_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${ARG_DEPS})
  target_compile_options(${name} PRIVATE ${WEFT_WARNINGS})
endfunction()

# weft_program(NAME SOURCES main.cc ... [DEPS target ...]): an executable in build/bin.
function(weft_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS})
  target_compile_options(${name} PRIVATE ${WEFT_WARNINGS})
endfunction()

# weft_test(FILE.cc [SLOW] [DEPS target ...])
# Builds FILE.cc, given relative to the calling CMakeLists.txt, as one CTest entry named after its
# path below tests/. SLOW tests carry the label "slow" and run after the others.
function(weft_test file)
  cmake_parse_arguments(ARG "SLOW" "" "DEPS" ${ARGN})
  cmake_path(RELATIVE_PATH CMAKE_CURRENT_SOURCE_DIR BASE_DIRECTORY ${PROJECT_SOURCE_DIR}/tests
             OUTPUT_VARIABLE here)
  string(REGEX REPLACE "\\.cc$" "" stem ${file})
  string(REPLACE "/" "_" target "${here}/${stem}")
  add_executable(${target} ${file})
  set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${target} PRIVATE ${ARG_DEPS} GTest::gmock GTest::gtest_main)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wshadow
                                               -Wno-missing-field-initializers -Werror)
  target_compile_definitions(${target} PRIVATE WEFT_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
                                               WEFT_BIN_DIR="${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
  add_test(NAME ${here}/${stem} COMMAND ${target})
  if(ARG_SLOW)
    set_tests_properties(${here}/${stem} PROPERTIES LABELS slow)
  else()
    set_tests_properties(${here}/${stem} PROPERTIES LABELS fast)
  endif()
  set_property(GLOBAL APPEND PROPERTY WEFT_TESTS ${CMAKE_CURRENT_SOURCE_DIR}/${file})
endfunction()

# Every header must compile on its own: include order can then never matter. A header that the source
# of its name includes before all else is shown to by the build; target headers_stand_alone, built by
# scripts/check, holds the others.
function(weft_check_headers)
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}
       ${PROJECT_SOURCE_DIR}/common/*.h ${PROJECT_SOURCE_DIR}/coordinator/*.h
       ${PROJECT_SOURCE_DIR}/worker/*.h ${PROJECT_SOURCE_DIR}/tests/*.h)
  set(units "")
  foreach(header IN LISTS headers)
    string(REGEX REPLACE "h$" "cc" source ${header})
    set(first "")
    if(EXISTS ${PROJECT_SOURCE_DIR}/${source})
      file(STRINGS ${PROJECT_SOURCE_DIR}/${source} first REGEX "^#include" LIMIT_COUNT 1)
    endif()
    if(first STREQUAL "#include \"${header}\"")
      continue()
    endif()
    string(REPLACE "/" "_" unit ${header})
    file(CONFIGURE OUTPUT header_units/${unit}.cc
         CONTENT "#include \"${header}\"\n#include \"${header}\"\n")
    list(APPEND units ${PROJECT_BINARY_DIR}/header_units/${unit}.cc)
  endforeach()
  if(units)
    add_library(headers_stand_alone OBJECT EXCLUDE_FROM_ALL ${units})
    target_include_directories(headers_stand_alone PRIVATE ${PROJECT_SOURCE_DIR})
    target_link_libraries(headers_stand_alone PRIVATE weft_proto PkgConfig::FFmpeg spdlog::spdlog
                                                      ${TORCH_LIBRARIES} ${OpenCV_LIBS} GTest::gmock)
    target_compile_definitions(headers_stand_alone PRIVATE WEFT_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  endif()
endfunction()

# A *_test.cc that no CMakeLists.txt names is a test that silently stopped running.
function(weft_check_every_test_is_built)
  file(GLOB_RECURSE found CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/*_test.cc)
  get_property(registered GLOBAL PROPERTY WEFT_TESTS)
  foreach(test IN LISTS found)
    if(NOT test IN_LIST registered)
      message(FATAL_ERROR "${test} is in the tree but in no CMakeLists.txt: it would never run.")
    endif()
  endforeach()
endfunction()
