# One folder is one library target, and the build itself enforces the layers.
#
#   tapline_library(SRCS a.cc ... [DEPS target ...] [LIBS third-party ...]
#                   [GRPC])
#
# The target is named after its folder (sensord/flow -> sensord_flow). A target
# sees headers only through ${gen}/layers/<target>, which holds one link to
# its own folder; DEPS add theirs. Including a header of any other folder does
# not compile. GRPC: most of its files include gRPC. DEPS must exist already, so rights only ever point backwards in
# the order of add_subdirectory.
function(tapline_layer target folder)
  set(root ${TAPLINE_GEN_DIR}/layers/${target})
  get_filename_component(parent ${root}/${folder} DIRECTORY)
  file(MAKE_DIRECTORY ${parent})
  file(CREATE_LINK ${CMAKE_SOURCE_DIR}/${folder} ${root}/${folder} SYMBOLIC)
endfunction()

function(tapline_library)
  cmake_parse_arguments(ARG "GRPC" "" "SRCS;DEPS;LIBS" ${ARGN})
  file(RELATIVE_PATH folder ${CMAKE_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  string(REPLACE "/" "_" target ${folder})
  foreach(dep ${ARG_DEPS})
    if(NOT TARGET ${dep})
      message(FATAL_ERROR "${folder}: ${dep} is not below it in the layer order")
    endif()
  endforeach()
  tapline_layer(${target} ${folder})
  if(ARG_SRCS)
    set(kind PUBLIC)
    set(own PRIVATE)
    add_library(${target} STATIC ${ARG_SRCS})
    if(ARG_GRPC)
      tapline_precompile(${target} grpc)
    else()
      tapline_precompile(${target} plain)
    endif()
  else()
    set(kind INTERFACE)
    set(own INTERFACE)
    add_library(${target} INTERFACE)
  endif()
  target_include_directories(${target} ${kind}
                             ${TAPLINE_GEN_DIR}/layers/${target})
  target_link_libraries(${target} ${kind} ${ARG_DEPS} ${ARG_LIBS}
                        absl::strings absl::status absl::statusor absl::time
                        absl::span absl::flat_hash_map absl::flat_hash_set)
  target_link_libraries(${target} ${own} tapline_flags)
endfunction()

# tapline_binary(name SRCS ... DEPS ...): a program, wiring only.
function(tapline_binary name)
  cmake_parse_arguments(ARG "" "" "SRCS;DEPS;LIBS" ${ARGN})
  add_executable(${name} ${ARG_SRCS})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} ${ARG_LIBS} tapline_flags)
endfunction()

# tapline_test(SRCS x_test.cc ... DEPS ...): the GoogleTest binary of a folder.
# tests/sensord/flow becomes sensord_flow_test.
function(tapline_test)
  cmake_parse_arguments(ARG "" "" "SRCS;DEPS;LIBS" ${ARGN})
  file(RELATIVE_PATH folder ${CMAKE_SOURCE_DIR}/tests
       ${CMAKE_CURRENT_SOURCE_DIR})
  string(REPLACE "/" "_" name ${folder}_test)
  add_executable(${name} ${ARG_SRCS})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} ${ARG_LIBS} tests_support
                        GTest::gmock GTest::gtest GTest::gtest_main
                        tapline_flags)
  target_compile_options(${name} PRIVATE ${TAPLINE_TEST_OPTIONS})
  tapline_precompile(${name} test)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY
                        ${CMAKE_BINARY_DIR}/tests)
  add_test(NAME ${folder} COMMAND ${name})
  if(TAPLINE_SANITIZE MATCHES thread)
    set_tests_properties(${folder} PROPERTIES ENVIRONMENT
      TSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/tests/tsan.supp)
  endif()
endfunction()
