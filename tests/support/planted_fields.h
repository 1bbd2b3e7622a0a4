// Values planted in fields that only a service sets, to see that it does not take them from requests.
#ifndef TRELLIS_TESTS_SUPPORT_PLANTED_FIELDS_H_
#define TRELLIS_TESTS_SUPPORT_PLANTED_FIELDS_H_

#include <string>

#include "google/protobuf/message.h"

namespace trellis::testing {

// Sets every output_only field of `request` and of the messages in it that are set: texts, names, numbers and times
// that nothing else has. How many.
int Plant(google::protobuf::Message& request);

// What of it stands in `response`; "": nothing.
std::string PlantedIn(const google::protobuf::Message& response);

}  // namespace trellis::testing

#endif  // TRELLIS_TESTS_SUPPORT_PLANTED_FIELDS_H_
