# One function for each kind of thing that Trellis builds.

# The headers that nearly every file reads, compiled once. Two of them: what knows gRPC and what must not.
function(trellis_precompiled_header name)
  cmake_parse_arguments(ARG "" "" "HEADERS;DEPS" ${ARGN})
  file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/${name}.cc "")
  add_library(${name} OBJECT ${CMAKE_CURRENT_BINARY_DIR}/${name}.cc)
  target_link_libraries(${name} PRIVATE trellis_strict ${ARG_DEPS})
  target_precompile_headers(${name} PRIVATE ${ARG_HEADERS})
endfunction()

# trellis_library(NAME SOURCES ... DEPS public... PRIVATE_DEPS private... [GRPC])
# GRPC: the library's own files include gRPC headers.
function(trellis_library name)
  cmake_parse_arguments(ARG "GRPC" "" "SOURCES;DEPS;PRIVATE_DEPS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC ${ARG_DEPS} PRIVATE trellis_strict ${ARG_PRIVATE_DEPS})
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR})
  trellis_use_precompiled_header(${name} ${ARG_GRPC})
endfunction()

function(trellis_use_precompiled_header target with_grpc)
  if(with_grpc)
    target_precompile_headers(${target} REUSE_FROM trellis_pch_grpc)
  else()
    target_precompile_headers(${target} REUSE_FROM trellis_pch_base)
  endif()
endfunction()

# trellis_proto_library(NAME PROTOS a.proto ... DEPS other_proto_libraries [ROOT folder])
# Makes NAME (messages) and NAME_grpc (stubs). Generated headers are system headers: their warnings are not ours.
# ROOT: the folder that the protos' names begin in, where it is not protos/ (for protos of tests).
function(trellis_proto_library name)
  cmake_parse_arguments(ARG "" "ROOT" "PROTOS;DEPS" ${ARGN})
  set(out ${CMAKE_BINARY_DIR}/protos)
  set(root ${CMAKE_SOURCE_DIR}/protos)
  set(includes -I ${root})
  if(ARG_ROOT)
    set(out ${CMAKE_CURRENT_BINARY_DIR}/protos)
    set(root ${ARG_ROOT})
    list(APPEND includes -I ${root})
  endif()
  set(messages "")
  set(stubs "")
  foreach(proto ${ARG_PROTOS})
    string(REGEX REPLACE "\\.proto$" "" stem ${proto})
    set(generated ${out}/${stem}.pb.cc ${out}/${stem}.pb.h ${out}/${stem}.grpc.pb.cc ${out}/${stem}.grpc.pb.h)
    add_custom_command(
      OUTPUT ${generated}
      COMMAND ${CMAKE_COMMAND} -E make_directory ${out}
      COMMAND ${TRELLIS_PROTOC} ${includes} --cpp_out=${out} --grpc_out=${out}
              --plugin=protoc-gen-grpc=${TRELLIS_GRPC_CPP_PLUGIN} ${proto}
      DEPENDS ${root}/${proto}
      COMMENT "Generating ${stem}"
      VERBATIM)
    list(APPEND messages ${out}/${stem}.pb.cc ${out}/${stem}.pb.h)
    list(APPEND stubs ${out}/${stem}.grpc.pb.cc ${out}/${stem}.grpc.pb.h)
    if(NOT ARG_ROOT)
      set_property(GLOBAL APPEND PROPERTY TRELLIS_PROTOS ${proto})
    endif()
  endforeach()

  add_library(${name} STATIC ${messages})
  target_include_directories(${name} SYSTEM PUBLIC ${out})
  target_compile_options(${name} PRIVATE -O1 -g0 -w)
  target_link_libraries(${name} PUBLIC protobuf::libprotobuf ${ARG_DEPS})

  add_library(${name}_grpc STATIC ${stubs})
  target_compile_options(${name}_grpc PRIVATE -O1 -g0 -w)
  list(TRANSFORM ARG_DEPS APPEND _grpc OUTPUT_VARIABLE grpc_deps)
  target_link_libraries(${name}_grpc PUBLIC ${name} gRPC::grpc++ ${grpc_deps})
endfunction()

# trellis_embed(TARGET NAMESPACE ns FILES a b ...): the files' contents as constants in the binary, so that a
# service carries its migrations and data files with it. Declares `ns::Files()` (common/base/embedded.h).
function(trellis_embed target)
  cmake_parse_arguments(ARG "" "NAMESPACE" "FILES" ${ARGN})
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${target}_embedded.cc)
  string(JOIN "," files ${ARG_FILES})
  add_custom_command(
    OUTPUT ${source}
    COMMAND ${CMAKE_COMMAND} -DOUT=${source} -DNAMESPACE=${ARG_NAMESPACE} "-DFILES=${files}"
            -P ${CMAKE_SOURCE_DIR}/common/cmake/EmbedFiles.cmake
    DEPENDS ${ARG_FILES} ${CMAKE_SOURCE_DIR}/common/cmake/EmbedFiles.cmake
    VERBATIM)
  target_sources(${target} PRIVATE ${source})
endfunction()

# trellis_service(NAME): services/NAME as library trellis_NAME (domain, storage, api) and binary trellis-NAME.
# The tests link the same library as the binary.
function(trellis_service name)
  cmake_parse_arguments(ARG "" "" "DOMAIN;STORAGE;API;DEPS;DOMAIN_DEPS" ${ARGN})
  trellis_library(trellis_${name}_domain SOURCES ${ARG_DOMAIN} DEPS trellis_base ${ARG_DOMAIN_DEPS})
  trellis_library(trellis_${name}_storage SOURCES ${ARG_STORAGE} DEPS trellis_${name}_domain trellis_db trellis_seal)
  file(GLOB migrations CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/migrations/*.sql)
  trellis_embed(trellis_${name}_storage NAMESPACE trellis::${name}::migrations FILES ${migrations})
  trellis_library(trellis_${name} GRPC SOURCES ${ARG_API}
    DEPS trellis_${name}_storage trellis_runtime ${ARG_DEPS})
  add_executable(trellis-${name} main.cc)
  target_link_libraries(trellis-${name} PRIVATE trellis_strict trellis_${name})
  trellis_use_precompiled_header(trellis-${name} TRUE)
  set_target_properties(trellis-${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
endfunction()

# trellis_test(NAME SOURCES ... DEPS ... LABELS unit|integration|contract|fault|e2e [GRPC] [TIMEOUT s])
function(trellis_test name)
  cmake_parse_arguments(ARG "GRPC" "TIMEOUT" "SOURCES;DEPS;LABELS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE trellis_strict ${ARG_DEPS} GTest::gtest GTest::gmock GTest::gtest_main)
  trellis_use_precompiled_header(${name} ${ARG_GRPC})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  add_test(NAME ${name} COMMAND ${name})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT})
endfunction()
