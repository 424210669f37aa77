# One folder tests/fuzz/<name>/ is one fuzz target: <name>_fuzz.cc defines
# LLVMFuzzerTestOneInput, corpus/ holds small committed inputs.
#
#   tapline_fuzz(NAME x SRCS x_fuzz.cc [CORPORA_OF VARIABLE]
#                [DEPS folder_target ...] [LIBS ...])
#
# Preset `fuzz` links libFuzzer (bin/fuzz/x_fuzz CORPUS -max_total_time=60); all
# others link replay_main.cc. Either way ctest `fuzz/x` runs the corpus. With
# CORPORA_OF every folder beside the target is a corpus, replayed as
# `fuzz/<folder>` with the environment variable set to the folder's name.
function(tapline_fuzz)
  cmake_parse_arguments(ARG "" "NAME;CORPORA_OF" "SRCS;DEPS;LIBS" ${ARGN})
  set(target ${ARG_NAME}_fuzz)
  add_executable(${target} ${ARG_SRCS})
  target_link_libraries(${target} PRIVATE ${ARG_DEPS} ${ARG_LIBS} tapline_flags)
  set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY
                        ${CMAKE_BINARY_DIR}/bin/fuzz)
  if(TAPLINE_FUZZ)
    target_link_options(${target} PRIVATE -fsanitize=fuzzer)
    set(options -runs=0 -timeout=10 -rss_limit_mb=1024)
  else()
    if(NOT TARGET fuzz_replay)
      add_library(fuzz_replay OBJECT
                  ${CMAKE_SOURCE_DIR}/tests/fuzz/replay_main.cc)
      target_link_libraries(fuzz_replay PRIVATE tapline_flags)
    endif()
    target_link_libraries(${target} PRIVATE fuzz_replay)
  endif()
  if(NOT ARG_CORPORA_OF)
    add_test(NAME fuzz/${ARG_NAME}
             COMMAND ${target} ${options} ${CMAKE_CURRENT_SOURCE_DIR}/corpus)
    return()
  endif()
  file(GLOB corpora CONFIGURE_DEPENDS LIST_DIRECTORIES true
       ${CMAKE_CURRENT_SOURCE_DIR}/*)
  foreach(corpus ${corpora})
    if(IS_DIRECTORY ${corpus})
      get_filename_component(name ${corpus} NAME)
      add_test(NAME fuzz/${name} COMMAND ${target} ${options} ${corpus})
      set_tests_properties(fuzz/${name} PROPERTIES
                           ENVIRONMENT ${ARG_CORPORA_OF}=${name})
    endif()
  endforeach()
endfunction()
