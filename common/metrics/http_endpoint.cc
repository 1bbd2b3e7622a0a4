#include "common/metrics/http_endpoint.h"

#include <civetweb.h>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/error.h"

namespace trellis::metrics {
namespace {

struct Answer {
  int code = 200;
  std::string body;
  const char* content_type = "text/plain; charset=utf-8";
};

const char* Phrase(int code) {
  switch (code) {
    case 200:
      return "OK";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    default:
      return "Service Unavailable";
  }
}

void Send(mg_connection* connection, const Answer& answer, bool with_body) {
  std::string out = absl::StrCat("HTTP/1.1 ", answer.code, " ", Phrase(answer.code),
                                 "\r\nContent-Type: ", answer.content_type, "\r\nContent-Length: ", answer.body.size(),
                                 "\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n");
  if (with_body) out += answer.body;
  mg_write(connection, out.data(), out.size());
}

Answer Check(const std::function<absl::Status()>& check) {
  const absl::Status status = check ? check() : absl::OkStatus();
  if (status.ok()) return {200, "ok\n"};
  return {503, absl::StrCat(status.message(), "\n")};
}

// What civetweb reports while it starts, for example that the port is taken.
int KeepMessage(const mg_connection* connection, const char* message) {
  auto* const kept = static_cast<std::string*>(mg_get_user_data(mg_get_context(connection)));
  if (kept != nullptr && kept->empty()) *kept = message;
  return 1;
}

bool IsAddress(absl::string_view listen) {
  const std::size_t colon = listen.rfind(':');
  int port = 0;
  return colon != absl::string_view::npos && absl::SimpleAtoi(listen.substr(colon + 1), &port) && port >= 0 &&
         port <= 65535 && !absl::StrContains(listen, ',');
}

}  // namespace

absl::StatusOr<std::unique_ptr<HttpEndpoint>> HttpEndpoint::Start(Options options) {
  if (!IsAddress(options.listen)) {
    return absl::InvalidArgumentError(absl::StrCat("'", options.listen, "' is not an address such as 0.0.0.0:8101"));
  }
  auto endpoint = std::unique_ptr<HttpEndpoint>(new HttpEndpoint(std::move(options)));
  const std::string& listen = endpoint->options_.listen;
  std::string port = listen;
  if (absl::StartsWith(port, ":")) port.erase(0, 1);
  const char* settings[] = {"listening_ports",    port.c_str(), "num_threads", "2",
                            "request_timeout_ms", "10000",      "tcp_nodelay", "1",
                            "enable_keep_alive",  "no",         nullptr};
  mg_callbacks callbacks{};
  callbacks.log_message = &KeepMessage;
  static const unsigned library = mg_init_library(0);  // counted inside civetweb, never given back
  (void)library;
  endpoint->context_ = mg_start(&callbacks, &endpoint->start_error_, settings);
  if (endpoint->context_ == nullptr) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", listen,
                     " for HTTP: ", endpoint->start_error_.empty() ? "the port may be taken" : endpoint->start_error_));
  }
  mg_server_port ports[1] = {};
  if (mg_get_server_ports(endpoint->context_, 1, ports) == 1) endpoint->port_ = ports[0].port;
  mg_set_request_handler(endpoint->context_, "/", &HttpEndpoint::Handle, endpoint.get());
  return endpoint;
}

HttpEndpoint::~HttpEndpoint() {
  if (context_ != nullptr) mg_stop(context_);
}

int HttpEndpoint::Handle(mg_connection* connection, void* self) {
  const Options& options = static_cast<const HttpEndpoint*>(self)->options_;
  const mg_request_info& request = *mg_get_request_info(connection);
  const absl::string_view method = request.request_method;
  const absl::string_view path = request.local_uri;
  Answer answer;
  if (method != "GET" && method != "HEAD") {
    answer = {405, "only GET\n"};
  } else if (path == "/metrics") {
    answer = {200, options.metrics ? options.metrics() : "", "text/plain; version=0.0.4; charset=utf-8"};
  } else if (path == "/livez") {
    answer = Check(options.live);
  } else if (path == "/readyz") {
    answer = Check(options.ready);
  } else {
    answer = {404, "not found\n"};
  }
  Send(connection, answer, method != "HEAD");
  return answer.code;
}

}  // namespace trellis::metrics
