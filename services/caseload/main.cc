// trellis-caseload: the coordinator's desk.
#include "common/runtime/service.h"
#include "services/caseload/api/service.h"

int main(int argc, char** argv) { return trellis::runtime::Main(trellis::caseload::Describe(), argc, argv); }
