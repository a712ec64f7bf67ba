"""The screens. The only part that knows Streamlit; knows no rule and no SQL."""
