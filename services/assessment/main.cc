#include "common/runtime/service.h"
#include "services/assessment/api/service.h"

int main(int argc, char** argv) { return trellis::runtime::Main(trellis::assessment::Describe(), argc, argv); }
