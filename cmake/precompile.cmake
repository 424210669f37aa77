# Precompiled headers, one set for each way of compiling: the standard library,
# absl, protobuf, and where asked for gRPC; for tests also GoogleTest and the
# schema's messages. No header of a folder of tapline is in them, so the layers
# stay enforced.
#
#   tapline_precompile(target set)   set: plain | grpc | test
function(tapline_precompile target set)
  set(owner precompiled_${set})
  if(NOT TARGET ${owner})
    set(stub ${CMAKE_BINARY_DIR}/${owner}.cc)
    file(GENERATE OUTPUT ${stub} CONTENT "// Owns the precompiled header.\n")
    add_library(${owner} OBJECT ${stub})
    target_link_libraries(${owner} PRIVATE tapline_flags protobuf::libprotobuf
                          absl::strings)
    target_precompile_headers(
      ${owner} PRIVATE
      <algorithm> <array> <atomic> <cstddef> <cstdint> <cstring> <deque>
      <functional> <limits> <map> <memory> <mutex> <optional> <set> <string>
      <string_view> <utility> <vector>
      <absl/container/flat_hash_map.h> <absl/container/flat_hash_set.h>
      <absl/status/statusor.h> <absl/strings/match.h>
      <absl/strings/str_cat.h> <absl/strings/str_format.h>
      <absl/time/time.h> <absl/types/span.h> <google/protobuf/message.h>)
    if(NOT set STREQUAL plain)
      target_link_libraries(${owner} PRIVATE gRPC::grpc++)
      target_precompile_headers(${owner} PRIVATE <grpcpp/grpcpp.h>)
    endif()
    if(set STREQUAL test)
      target_link_libraries(${owner} PRIVATE GTest::gmock GTest::gtest
                            proto_messages)
      target_precompile_headers(
        ${owner} PRIVATE <filesystem> <fstream> <sstream> <thread>
        <gmock/gmock.h> <gtest/gtest.h> <tapline/v1/record.pb.h>)
      target_compile_options(${owner} PRIVATE ${TAPLINE_TEST_OPTIONS})
    endif()
  endif()
  target_precompile_headers(${target} REUSE_FROM ${owner})
endfunction()
