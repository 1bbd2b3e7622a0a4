# Writes a C++ file that defines NAMESPACE::Files(): the name and contents of each file, sorted by name.
string(REPLACE "," ";" files "${FILES}")
list(SORT files)
set(entries "")
foreach(file ${files})
  get_filename_component(name ${file} NAME)
  file(READ ${file} content)
  # A raw literal may hold 64 KiB at most, so the text is cut into pieces that the compiler joins.
  string(LENGTH "${content}" length)
  set(at 0)
  set(literal "\"\"")
  while(at LESS length)
    string(SUBSTRING "${content}" ${at} 8000 piece)
    string(APPEND literal "\n     R\"embed(${piece})embed\"")
    math(EXPR at "${at} + 8000")
  endwhile()
  string(APPEND entries "    {\"${name}\", ${literal}},\n")
endforeach()
file(WRITE ${OUT} "#include \"common/base/embedded.h\"

#include <vector>

namespace ${NAMESPACE} {

const std::vector<::trellis::EmbeddedFile>& Files() {
  static const auto* const files = new std::vector<::trellis::EmbeddedFile>{
${entries}  };
  return *files;
}

}  // namespace ${NAMESPACE}
")
