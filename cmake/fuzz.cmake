# One folder tests/fuzz/<name>/ is one fuzz target: <name>_fuzz.cc defines
# LLVMFuzzerTestOneInput, corpus/ holds small committed inputs.
#
#   tapline_fuzz(NAME x SRCS x_fuzz.cc [DEPS folder_target ...] [LIBS ...])
#
# Preset `fuzz` links libFuzzer (bin/fuzz/x_fuzz CORPUS -max_total_time=60); all
# others link replay_main.cc. Either way ctest `fuzz/x` runs the corpus.
function(tapline_fuzz)
  cmake_parse_arguments(ARG "" "NAME" "SRCS;DEPS;LIBS" ${ARGN})
  set(target ${ARG_NAME}_fuzz)
  set(corpus ${CMAKE_CURRENT_SOURCE_DIR}/corpus)
  add_executable(${target} ${ARG_SRCS})
  target_link_libraries(${target} PRIVATE ${ARG_DEPS} ${ARG_LIBS} tapline_flags)
  set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY
                        ${CMAKE_BINARY_DIR}/bin/fuzz)
  if(TAPLINE_FUZZ)
    target_link_options(${target} PRIVATE -fsanitize=fuzzer)
    add_test(NAME fuzz/${ARG_NAME} COMMAND ${target} -runs=0 -timeout=10
                                           -rss_limit_mb=1024 ${corpus})
  else()
    target_sources(${target} PRIVATE
                   ${CMAKE_SOURCE_DIR}/tests/fuzz/replay_main.cc)
    add_test(NAME fuzz/${ARG_NAME} COMMAND ${target} ${corpus})
  endif()
endfunction()

# The fuzz target of one protocol unit of sensord/analyzers: in
# tests/fuzz/<unit>/CMakeLists.txt, beside corpus/.
function(tapline_unit_fuzz unit)
  tapline_fuzz(NAME ${unit} SRCS ${CMAKE_SOURCE_DIR}/tests/fuzz/analyzer_fuzz.cc
               DEPS sensord_analyzers proto_messages tests_support)
  target_compile_definitions(${unit}_fuzz PRIVATE TAPLINE_UNIT=${unit})
endfunction()
