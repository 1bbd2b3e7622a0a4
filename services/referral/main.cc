#include "common/runtime/service.h"
#include "services/referral/api/service.h"

int main(int argc, char** argv) { return trellis::runtime::Main(trellis::referral::Describe(), argc, argv); }
