# Every library that Trellis links, all from Debian 12's packages.

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(Protobuf REQUIRED)        # module mode: Debian ships no CMake config for it
find_package(gRPC CONFIG REQUIRED)
find_package(absl CONFIG REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED)
find_package(GTest CONFIG REQUIRED)
find_package(nlohmann_json CONFIG REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(ARGON2 REQUIRED IMPORTED_TARGET libargon2)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)

find_program(TRELLIS_PROTOC protoc REQUIRED)
find_program(TRELLIS_GRPC_CPP_PLUGIN grpc_cpp_plugin REQUIRED)

# The connector has neither a CMake config nor a .pc file.
find_path(MYSQLCPPCONN_INCLUDE_DIR cppconn/driver.h REQUIRED)
find_library(MYSQLCPPCONN_LIBRARY mysqlcppconn REQUIRED)
add_library(mysqlcppconn INTERFACE IMPORTED)
set_target_properties(mysqlcppconn PROPERTIES
  INTERFACE_INCLUDE_DIRECTORIES "${MYSQLCPPCONN_INCLUDE_DIR}"
  INTERFACE_LINK_LIBRARIES "${MYSQLCPPCONN_LIBRARY}")

find_path(S2_INCLUDE_DIR s2/s2cell_id.h REQUIRED)
find_library(S2_LIBRARY s2 REQUIRED)
add_library(s2geometry INTERFACE IMPORTED)
set_target_properties(s2geometry PROPERTIES
  INTERFACE_INCLUDE_DIRECTORIES "${S2_INCLUDE_DIR}"
  INTERFACE_LINK_LIBRARIES "${S2_LIBRARY}")

find_library(CIVETWEB_LIBRARY civetweb REQUIRED)
find_path(CIVETWEB_INCLUDE_DIR civetweb.h REQUIRED)
add_library(civetweb INTERFACE IMPORTED)
set_target_properties(civetweb PROPERTIES
  INTERFACE_INCLUDE_DIRECTORIES "${CIVETWEB_INCLUDE_DIR}"
  INTERFACE_LINK_LIBRARIES "${CIVETWEB_LIBRARY}")
