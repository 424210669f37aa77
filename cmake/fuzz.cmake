# One folder tests/fuzz/<name>/ is one fuzz target: <name>_fuzz.cc defines
# LLVMFuzzerTestOneInput, corpus/ holds small committed inputs.
#
#   tapline_fuzz(NAME x SRCS x_fuzz.cc [CORPORA_OF VARIABLE]
#                [DEPS folder_target ...] [LIBS ...])
#
# Preset `fuzz` links libFuzzer (bin/fuzz/x_fuzz CORPUS -max_total_time=60) and,
# as bin/fuzz/x_replay, replay_main.cc; all others link x_fuzz with that. Either
# way ctest `fuzz/x` runs the corpus. With CORPORA_OF every folder beside the
# target is a corpus, replayed as `fuzz/<folder>` with the environment variable
# set to the folder's name.
function(tapline_fuzz_replay target)
  if(NOT TARGET fuzz_replay)
    add_library(fuzz_replay OBJECT ${CMAKE_SOURCE_DIR}/tests/fuzz/replay_main.cc)
    target_link_libraries(fuzz_replay PRIVATE tapline_flags)
  endif()
  target_link_libraries(${target} PRIVATE fuzz_replay)
endfunction()

function(tapline_fuzz)
  cmake_parse_arguments(ARG "" "NAME;CORPORA_OF" "SRCS;DEPS;LIBS" ${ARGN})
  set(target ${ARG_NAME}_fuzz)
  set(programs ${target})
  if(TAPLINE_FUZZ)
    list(APPEND programs ${ARG_NAME}_replay)
  endif()
  if(NOT TARGET fuzz_targets)
    add_custom_target(fuzz_targets)
  endif()
  add_dependencies(fuzz_targets ${programs})
  foreach(program ${programs})
    add_executable(${program} ${ARG_SRCS})
    target_link_libraries(${program} PRIVATE ${ARG_DEPS} ${ARG_LIBS}
                                             tapline_flags)
    set_target_properties(${program} PROPERTIES RUNTIME_OUTPUT_DIRECTORY
                          ${CMAKE_BINARY_DIR}/bin/fuzz)
  endforeach()
  if(TAPLINE_FUZZ)
    target_link_options(${target} PRIVATE -fsanitize=fuzzer)
    tapline_fuzz_replay(${ARG_NAME}_replay)
    set(options -runs=0 -timeout=10 -rss_limit_mb=1024)
  else()
    tapline_fuzz_replay(${target})
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
