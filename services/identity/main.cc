#include "common/runtime/service.h"
#include "services/identity/api/service.h"

int main(int argc, char** argv) { return trellis::runtime::Main(trellis::identity::Describe(), argc, argv); }
