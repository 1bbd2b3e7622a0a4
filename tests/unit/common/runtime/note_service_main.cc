#include "common/runtime/service.h"
#include "tests/unit/common/runtime/note_service.h"

int main(int argc, char** argv) { return trellis::runtime::Main(trellis::runtime::DescribeNotes(), argc, argv); }
