# Warnings, hardening and sanitizers: interface library `tapline_flags`.
add_library(tapline_flags INTERFACE)
target_compile_options(tapline_flags INTERFACE -Wall -Wextra)
if(TAPLINE_WERROR)
  target_compile_options(tapline_flags INTERFACE -Werror)
endif()
# All libraries end in executables: nothing may be interposed, so a file's own
# functions can be inlined into each other (with -fPIC none of them are).
target_compile_options(tapline_flags INTERFACE -fPIE -pthread)
# Tuned, not built, for one kind of processor: what gcc takes by default fills
# and copies small structs with string instructions, whose start costs more than
# the work.
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
  target_compile_options(tapline_flags INTERFACE -mtune=skylake)
endif()

# What a test does is short; what it includes is not.
set(TAPLINE_TEST_OPTIONS -O0 -U_FORTIFY_SOURCE)

if(TAPLINE_SANITIZE)
  # The lowest level that keeps a sanitized sensor quick: -O2 takes twice as long
  # to compile.
  add_compile_options(-fsanitize=${TAPLINE_SANITIZE} -fno-omit-frame-pointer
                      -fno-sanitize-recover=all -O1 -g1)
  string(REPLACE "fuzzer-no-link," "" TAPLINE_SANITIZE_LINK
                 "${TAPLINE_SANITIZE}")
  add_link_options(-fsanitize=${TAPLINE_SANITIZE_LINK})
elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_options(-fstack-protector-strong -D_FORTIFY_SOURCE=2
                      -fstack-clash-protection -fcf-protection=full)
  add_link_options(-Wl,-z,relro,-z,now -pie)
endif()
