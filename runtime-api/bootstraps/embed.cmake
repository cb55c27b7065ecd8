# cmake -DINPUT=… -DOUTPUT=… -DNAME=… -P embed.cmake: turns a file into a C++ source with its bytes,
# so that the program needs no files beside it.
file(READ ${INPUT} hex HEX)
string(LENGTH "${hex}" digits)
math(EXPR size "${digits} / 2")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
string(REPEAT "0x..," 16 line)
string(REGEX REPLACE "(${line})" "\\1\n" bytes "${bytes}")
file(WRITE ${OUTPUT} "#include \"runtime-api/bootstraps/bootstraps.h\"

namespace lambdarium::bootstraps {
namespace {
const unsigned char kBytes[] = {
${bytes}0};
}
std::string_view ${NAME}() { return {reinterpret_cast<const char*>(kBytes), ${size}}; }
}  // namespace lambdarium::bootstraps
")
