#include "common/runtime/service.h"
#include "services/directory/api/service.h"

int main(int argc, char** argv) { return trellis::runtime::Main(trellis::directory::Describe(), argc, argv); }
