# Compiler, linker and cache settings that every target of the project shares.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
# One code model everywhere, so that libraries and executables can share a precompiled header.
add_compile_options(-fPIC)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

option(TRELLIS_FUZZ "Instrument our own code for libFuzzer (clang)" OFF)
set(TRELLIS_SANITIZE "" CACHE STRING "Sanitizers for our own code: address,undefined or thread")

find_program(TRELLIS_CCACHE ccache)
if(TRELLIS_CCACHE)
  # A precompiled header makes ccache give up unless it may overlook its time stamp.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${TRELLIS_CCACHE})
endif()

find_program(TRELLIS_MOLD mold)
if(TRELLIS_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# Only our own targets are strict: generated code and system headers are not ours to mend.
add_library(trellis_strict INTERFACE)
target_compile_options(trellis_strict INTERFACE
  -Wall -Wextra -Werror -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough
  # At -O2 GCC 12 takes the members of a std::variant that are not in use for uninitialized values.
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<CONFIG:Release>>:-Wno-maybe-uninitialized>)
if(TRELLIS_SANITIZE)
  target_compile_options(trellis_strict INTERFACE
    -fsanitize=${TRELLIS_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all
    # GCC 12 takes instrumented variants for uninitialized ones.
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  add_link_options(-fsanitize=${TRELLIS_SANITIZE})
endif()
if(TRELLIS_FUZZ)
  # GCC judges our style; here only the instrumented code counts.
  target_compile_options(trellis_strict INTERFACE -fsanitize=fuzzer-no-link -Wno-error)
endif()
target_include_directories(trellis_strict INTERFACE ${CMAKE_SOURCE_DIR})
